package pipe_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller/simulator"
	"polltop/poller/simulator/pipe"
)

// TestCertificates shows each kind of certificate to a client that trusts the
// authority.
func TestCertificates(t *testing.T) {
	tests := map[pipe.CertificateKind]string{
		pipe.RightCertificate:     "",
		pipe.ExpiredCertificate:   "certificate has expired or is not yet valid",
		pipe.OtherNameCertificate: "certificate is valid for other.example, not queue.test",
		pipe.UnknownCertificate:   "certificate signed by unknown authority",
	}
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{})
		defer s.Close()
		s.SubmitID("id", "e", simulator.Plan{Run: time.Hour})
		authority := pipe.NewAuthority()
		shown := pipe.NewTLS(authority, "queue.test")
		l, dial := pipe.Listen()
		go s.Serve(shown.Listen(l))
		transport := &http.Transport{DialContext: pipe.NewNetwork(dial).Dial, TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}}
		defer transport.CloseIdleConnections()
		c := &http.Client{Transport: transport}
		for kind, want := range tests {
			shown.Show(kind)
			transport.CloseIdleConnections()
			start := time.Now()
			var body []byte
			response, err := get(t.Context(), c, "https://queue.test"+statusPath)
			if err == nil {
				body, err = io.ReadAll(response.Body)
				response.Body.Close()
			}
			if took := time.Since(start); took != 0 {
				t.Errorf("certificate %d: it took %v", kind, took)
			}
			switch {
			case want == "" && (err != nil || !strings.Contains(string(body), `"response_url":"https://queue.test/`)):
				t.Errorf("the right certificate: %v, %s", err, string(body))
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("certificate %d: %v, want %q", kind, err, want)
			}
		}
	})
}
