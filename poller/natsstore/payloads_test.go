package natsstore_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"polltop/poller"
	"polltop/poller/natsstore"
	"polltop/poller/natsstore/natstest"
	"polltop/poller/session/sessiontest"
	"polltop/poller/simulator"
	"polltop/poller/simulator/simulatortest"
)

// secret is in the parameters of payloads, and so in the results that the simulator returns.
const secret = "the-secret-prompt"

// source returns n payloads.
func (r *rig) source(n, size int) func() (*poller.Payload, []byte, error) {
	i := 0
	return func() (*poller.Payload, []byte, error) {
		if i++; i > n {
			return nil, nil, io.EOF
		}
		input := fmt.Sprintf(`{"n":%d,"prompt":%q,"simulate":{"queue":0,"run":0.05,"end":"success"},"more":%q}`, i, secret, strings.Repeat("x", size))
		return &poller.Payload{Base: r.Base, Endpoint: "e", Attempt: 1, Key: fmt.Sprint("k", i), MaxLive: 50}, []byte(input), nil
	}
}

// recorder has all that is sent to a server, and what lies on its disk.
type recorder struct {
	t   *testing.T
	dir string

	mu   sync.Mutex
	sent [][]byte
}

func record(t *testing.T, at, dir string) *recorder {
	t.Helper()
	r := &recorder{t: t, dir: dir}
	conn, err := nats.Connect(at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	for _, subject := range []string{"$KV.>", "polltop.>"} {
		if _, err := conn.Subscribe(subject, func(m *nats.Msg) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.sent = append(r.sent, fmt.Appendf(nil, "%v %v %s", m.Subject, m.Header, m.Data))
			if text, err := io.ReadAll(flate.NewReader(bytes.NewReader(m.Data))); err == nil {
				r.sent = append(r.sent, text)
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return r
}

// has reports whether a text was sent or is on disk.
func (r *recorder) has(text string) bool {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.sent {
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	found := false
	err := filepath.WalkDir(r.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		found = found || bytes.Contains(b, []byte(text))
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}

func TestPayloadsGoToWhoeverPolls(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, at := newRig(t), natstest.Start(t, server.Options{JetStream: true, StoreDir: dir}).ClientURL()
	sent := record(t, at, dir)
	first := r.run(at, natsstore.Options{SharePayloads: true})
	first.Await("that it polls", sessiontest.Polls)
	second := r.run(at, natsstore.Options{SharePayloads: true})
	second.Await("another that polls", sessiontest.Views)
	const n = 130 // more than are delivered at once
	if added, err := second.AddPayloads(r.source(n, 10)); err != nil || added != n {
		t.Fatalf("%d: %v", added, err)
	}
	second.Await("the tasks", sessiontest.Ended(n))
	created := r.Server.Created()
	if len(created) != n {
		t.Errorf("%d inputs were created", len(created))
	}
	for input, times := range created {
		if times != 1 {
			t.Errorf("created %d times: %s", times, input)
		}
	}
	second.Await("the payloads", func(map[int32]*poller.Task, poller.Update) bool {
		count := 0
		for _, p := range second.Payloads {
			if p.State == poller.PayloadSubmitted {
				count++
			}
		}
		return count == n
	})
	if input, ok := second.Input(1); !ok || !strings.Contains(string(input), secret) {
		t.Errorf("the parameters are %q", input)
	}
	second.Fetch(0)
	second.Await("the result", func(tasks map[int32]*poller.Task, _ poller.Update) bool { return tasks[0].Fetched })
	if made, ok := second.Result(0); !ok || len(made.Result.Raw) == 0 {
		t.Error("the second has no result")
	}
	if !sent.has(secret) {
		t.Error("the recorder misses the parameters, so it proves nothing")
	}
	if sent.has(simulatortest.Key) {
		t.Error("the API key was stored")
	}
	if _, err := second.AddPayloads(r.source(1, 2<<20)); err == nil || !strings.Contains(err.Error(), "max_payload") {
		t.Errorf("2 MiB: %v", err)
	}
}

func TestPayloadsStayPrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r, at := newRig(t), natstest.Start(t, server.Options{JetStream: true, StoreDir: dir}).ClientURL()
	sent := record(t, at, dir)
	first := r.run(at, natsstore.Options{})
	first.Await("that it polls", sessiontest.Polls)
	second := r.run(at, natsstore.Options{})
	second.Await("another that polls", sessiontest.Views)
	requests := r.Submit(2, simulator.Plan{Run: time.Millisecond, Outcome: simulator.Outcome{ErrorType: "X", Message: "the model said no"}})
	for i := range requests {
		requests[i].Input = `{"prompt":"` + secret + `"}`
	}
	if tracked := first.Track(requests[:1]); tracked.InputsNotStored != 1 || !strings.Contains(tracked.InputError, "--share-payloads") {
		t.Errorf("%+v", tracked)
	}
	second.Track(requests[1:])
	second.Await("both ends", sessiontest.Ended(2))
	second.Await("that inputs are left out", func(_ map[int32]*poller.Task, last poller.Update) bool {
		return strings.Contains(last.Persistence.Damage, "--share-payloads")
	})
	first.Fetch(0)
	if _, err := second.AddPayloads(r.source(1, 10)); !errors.Is(err, natsstore.ErrNotShared) {
		t.Errorf("payloads without the flag: %v", err)
	}
	first.Stop()
	second.Stop()
	if !sent.has(string(requests[0].ID)) {
		t.Error("the recorder misses the ids, so it proves nothing")
	}
	for what, text := range map[string]string{"parameters": secret, "API key": simulatortest.Key, "raw answer": `"COMPLETED"`} {
		if sent.has(text) {
			t.Errorf("stored: %s", what)
		}
	}
}
