package natsstore_test

import (
	"crypto/tls"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/queue"
	"polltop/poller/store"
)

func TestAddresses(t *testing.T) {
	good := map[string]string{
		"nats://localhost:4222/batch-7": "nats://localhost:4222/batch-7",
		"nats://me:pass@localhost/b":    "nats://localhost/b",
		"tls://token@a:1,me:p@ss@b:2/b": "tls://a:1,b:2/b",
		"nats:///b":                     "nats:///b",
		"nats://[::1]:4222/b_1":         "nats://[::1]:4222/b_1",
	}
	for text, shown := range good {
		a, err := natsstore.ParseAddress(text, none)
		if err != nil || a.String() != shown {
			t.Errorf("%s is %s: %v", text, a, err)
		}
	}
	bad := map[string]string{
		"nats://localhost":              "no name for a session",
		"nats://localhost:4222":         "no name for a session",
		"nats://localhost:4222/":        "no name for a session",
		"nats://me:sec/ret@localhost/b": "such as nats://localhost:4222", "nats://secret@localhost:1/a/b": "localhost:1/a names no NATS server",
		"nats://localhost/a/b":       "names no NATS server",
		"nats://localhost/a.b":       "no name for a session",
		"nats://localhost/a b":       "no name for a session",
		"nats://localhost:port/b":    "such as nats://localhost:4222",
		"nats://me:secret@:4222/b":   "names no NATS server",
		"nats://me:secret@h:x/b":     "such as nats://localhost:4222",
		"nats://a:4222,me:secret@/b": "names no NATS server",
	}
	for text, says := range bad {
		_, err := natsstore.ParseAddress(text, none)
		if err == nil || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ret@") {
			t.Errorf("%s: %v, want %q", text, err, says)
		}
	}
	if shown := natsstore.Redact("nats://me:sec/ret@localhost/b"); shown != "nats://localhost/b" {
		t.Errorf("shown as %s", shown)
	}
	if _, err := natsstore.ParseAddress("nats:///b", func(name string) string { return map[string]string{"NATS_URL": "nats://h:x"}[name] }); err == nil {
		t.Error("NATS_URL is not read")
	}
}

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

// TestErrorsNameTheWayOut opens sessions that can't be opened.
func TestErrorsNameTheWayOut(t *testing.T) {
	t.Parallel()
	const closed = "nats://127.0.0.1:1" // no server listens on that port, and no other test is given it
	plain := natstest.Start(t, server.Options{}).ClientURL()
	locked := natstest.Start(t, server.Options{JetStream: true, StoreDir: t.TempDir(), Users: []*server.User{
		{Username: "me", Password: "pass"},
		{Username: "guest", Password: "pass", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Allow: []string{"other.>"}}}},
	}}).ClientURL()
	creds := filepath.Join(t.TempDir(), "bad.creds")
	if err := os.WriteFile(creds, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, test := range map[string]struct {
		at   string
		env  []string
		says []string
	}{
		"no server":          {closed, nil, []string{"can't be reached", "nats-server -js"}},
		"no JetStream":       {plain, nil, []string{"no JetStream", "nats-server -js"}},
		"no credentials":     {locked, nil, []string{"refuses the credentials", "NATS_CREDS"}},
		"wrong password":     {locked, []string{"NATS_USER", "me", "NATS_PASSWORD", "wrong"}, []string{"refuses the credentials", "NATS_CREDS"}},
		"no permission":      {locked, []string{"NATS_USER", "guest", "NATS_PASSWORD", "pass"}, []string{"permits this user too little", "$JS.API"}},
		"no credential file": {locked, []string{"NATS_CREDS", creds + ".none"}, []string{"no such file", "NATS_CREDS"}},
		"no key in the file": {locked, []string{"NATS_CREDS", creds}, []string{"NATS_CREDS"}},
		"no seed":            {locked, []string{"NATS_NKEY", creds}, []string{"NATS_NKEY"}},
		"no CA":              {locked, []string{"NATS_CA", creds + ".none"}, []string{"no such file", "NATS_CA"}},
	} {
		s, err := tryOpen(test.at, natsstore.Options{Getenv: env(test.env...)})
		if err == nil {
			s.Close()
			t.Errorf("%s: it opens", what)
			continue
		}
		for _, says := range test.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %q does not say %q", what, err, says)
			}
		}
		t.Log(what+":", err)
	}
	// What the error of no permission names is enough.
	enough := natstest.Start(t, server.Options{JetStream: true, StoreDir: t.TempDir(), Users: []*server.User{{Username: "me", Password: "pass", Permissions: &server.Permissions{
		Publish:   &server.SubjectPermission{Allow: []string{"$JS.API.>", "$JS.ACK.>", "$JS.FC.>", "$KV.polltop_s.>", "polltop.inbox.s"}},
		Subscribe: &server.SubjectPermission{Allow: []string{"_INBOX.>"}},
	}}}}).ClientURL()
	s, err := tryOpen(enough, natsstore.Options{Getenv: env("NATS_USER", "me", "NATS_PASSWORD", "pass")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, held, err := s.Acquire(); !held || err != nil {
		t.Fatal(held, err)
	}
	if err := s.Post(store.Order{PollNow: []int32{1}}); err != nil {
		t.Error(err)
	}
	for done := false; !done; {
		if err := s.Orders(func(o store.Order) error { done = len(o.PollNow) == 1; return nil }); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	s.Put(&poller.Task{Request: queue.Request{ID: "x", Base: newRig(t).Base}}, true)
	s.Release()
	if err := s.Sync(); err != nil {
		t.Error(err)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	signed := httptest.NewTLSServer(nil)
	signed.Close()
	address := natstest.Start(t, server.Options{
		JetStream: true, StoreDir: t.TempDir(), TLS: true, TLSConfig: &tls.Config{Certificates: signed.TLS.Certificates},
	}).Addr().String()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"nats://", "tls://"} {
		s, err := tryOpen(scheme+address, natsstore.Options{Getenv: env("NATS_CA", ca)})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
	}
	if _, err := tryOpen("tls://"+address, natsstore.Options{}); err == nil || !strings.Contains(err.Error(), "NATS_CA=FILE") {
		t.Errorf("without the authority: %v", err)
	}
}
