//go:build unix

package e2e

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// internalOutput is a service on loopback with one finished task whose output lies, as
// its answers tell, on another kind of address: 0.0.0.0, at which this machine answers
// too. It returns the service's base URL, the output's address, and how often that
// was asked for.
func internalOutput(t *testing.T) (base, output string, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	picture := image.NewRGBA(image.Rect(0, 0, 32, 32))
	for i := range 32 * 32 {
		picture.Set(i%32, i/32, color.White)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/internal.png":
			asked.Add(1)
			png.Encode(w, picture)
		case strings.HasSuffix(r.URL.Path, "/status"):
			fmt.Fprint(w, `{"status": "COMPLETED", "request_id": "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6"}`)
		default:
			fmt.Fprintf(w, `{"images": [{"url": %q, "content_type": "image/png"}]}`, output)
		}
	}))
	t.Cleanup(server.Close)
	output = strings.Replace(server.URL, "127.0.0.1", "0.0.0.0", 1) + "/internal.png"
	return server.URL, output, asked
}

// Neither the pane's preview nor a download asks an address inside the network that
// the base does not lie at; the pane says so.
func TestOutputsAtPrivateAddressesAreNotFetched(t *testing.T) {
	t.Parallel()
	base, _, asked := internalOutput(t)
	env := []string{"BASE_URL=" + base, "API_KEY=" + key, "ENDPOINT=wan26_i2v", "COLORTERM=truecolor"}
	term := start(t, options{width: 180, height: 50, env: env}, "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", "--output-dir", t.TempDir())
	term.waitText("done 1")
	term.keys(enter)
	const refused = "not fetched: its address 0.0.0.0 is private (unspecified)"
	term.waitText("preview "+refused, "--allow-private-outputs")
	term.keys("d")
	term.waitText("download  "+refused, "1 failed")
	if n := asked.Load(); n != 0 {
		t.Errorf("the output was asked for %d times", n)
	}
}

func TestOutputsAtPrivateAddressesAreFetchedWhenAllowed(t *testing.T) {
	t.Parallel()
	base, _, asked := internalOutput(t)
	env := []string{"BASE_URL=" + base, "API_KEY=" + key, "ENDPOINT=wan26_i2v", "COLORTERM=truecolor", "POLLTOP_ALLOW_PRIVATE_OUTPUTS=true"}
	term := start(t, options{width: 180, height: 50, env: env}, "mmsu_01hxyz8k3vq2m4n6p8r0s2t4w6", "--output-dir", t.TempDir())
	term.waitText("done 1")
	term.keys(enter)
	term.waitText("▀▀▀▀")
	term.keys("d")
	term.waitText("↓ 1/1") // the notice of it is soon over
	if n := asked.Load(); n != 2 {
		t.Errorf("the output was asked for %d times, not for the preview and the download", n)
	}
}
