package simulator

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestCertificates shows each kind of certificate to a client that trusts the
// authority.
func TestCertificates(t *testing.T) {
	tests := map[CertificateKind]string{
		RightCertificate:     "",
		ExpiredCertificate:   "certificate has expired or is not yet valid",
		OtherNameCertificate: "certificate is valid for other.example, not queue.test",
		UnknownCertificate:   "certificate signed by unknown authority",
	}
	if len(tests) != certificateKinds {
		t.Errorf("%d kinds are tested of %d", len(tests), certificateKinds)
	}
	synctest.Test(t, func(t *testing.T) {
		s := New(Config{})
		defer s.Close()
		s.SubmitID("id", "e", Plan{Run: time.Hour})
		authority := NewAuthority()
		shown := NewTLS(authority, "queue.test")
		l, dial := Pipe()
		go s.Serve(shown.Listen(l))
		transport := &http.Transport{DialContext: NewNetwork(dial).Dial, TLSClientConfig: &tls.Config{RootCAs: authority.Pool()}}
		defer transport.CloseIdleConnections()
		c := &client{t: t, http: &http.Client{Transport: transport}}
		for kind, want := range tests {
			shown.Show(kind)
			transport.CloseIdleConnections()
			start := time.Now()
			got, err := c.do("GET", "https://queue.test"+BasePath+"/v1/queue/e/requests/id/status", "")
			if took := time.Since(start); took != 0 {
				t.Errorf("certificate %d: it took %v", kind, took)
			}
			switch {
			case want == "" && (err != nil || !strings.Contains(got.body, `"response_url":"https://queue.test/`)):
				t.Errorf("the right certificate: %v, %s", err, got.body)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("certificate %d: %v, want %q", kind, err, want)
			}
		}
	})
}
