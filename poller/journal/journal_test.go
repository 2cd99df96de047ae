package journal

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"polltop/poller"
	"polltop/poller/queue"
)

const secret = `sk-"journal"&0123456789`

// redact blots the secret out, as a client does.
func redact(s string) string { return strings.ReplaceAll(s, secret, "[redacted]") }

// lines reads what a log holds.
func lines(t *testing.T, text string) []map[string]any {
	t.Helper()
	var all []map[string]any
	for line := range strings.Lines(text) {
		var one map[string]any
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, one)
	}
	return all
}

// disk is a file whose writes go as the test says.
type disk struct {
	bytes.Buffer
	write func(line []byte) (int, error)
}

func (d *disk) Write(line []byte) (int, error) {
	if d.write != nil {
		n, err := d.write(line)
		d.Buffer.Write(line[:n])
		return n, err
	}
	return d.Buffer.Write(line)
}

func (*disk) Close() error { return nil }

func base(t *testing.T) *queue.Base {
	b, err := queue.ParseBase("https://queue.example/v1/queue")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEachRequestIsNoted(t *testing.T) {
	to := &disk{}
	j := open("log", to, redact)
	r := queue.Request{ID: "mmsu_1", Endpoint: "wan26_i2v", Base: base(t)}
	fault := &queue.Fault{Kind: queue.RateLimited, HTTP: 429, Code: "slow", Message: "not with " + secret, RetryAfter: 1500 * time.Millisecond}
	for _, want := range []*queue.Fault{nil, fault} {
		for _, e := range []queue.Exchange{{Kind: "poll", Answer: queue.Answer{Word: queue.StatusInQueue}}, {Kind: "fetch", Answer: queue.ResultAnswer{HTTP: 200}}, {Kind: "cancel", Answer: queue.CancelAccepted}} {
			e.Request, e.StartedAt, e.Fault = r, time.Now(), want
			j.Request(e)
		}
	}
	j.Request(queue.Exchange{Kind: "poll", Request: r, StartedAt: time.Now(), Answer: queue.Answer{}, Fault: &queue.Fault{Kind: queue.Unreachable}, Canceled: true})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	all := lines(t, to.String())
	if len(all) != 8 || strings.Contains(to.String(), "journal") {
		t.Fatalf("the log is\n%s", to.String())
	}
	for i, kind := range []string{"poll", "fetch", "cancel", "poll", "fetch", "cancel", "poll"} {
		line := all[i]
		if line["msg"] != "request" || line["kind"] != kind || line["host"] != "queue.example" || line["endpoint"] != "wan26_i2v" || line["request_id"] != "mmsu_1" || line["ms"] == nil {
			t.Errorf("%v", line)
		}
	}
	told, _ := all[3]["fault"].(map[string]any)
	if all[0]["status"] != "IN_QUEUE" || told["kind"] != "rate limited" || told["http"] != 429.0 || told["message"] != "not with [redacted]" || told["retry_after_s"] != 1.5 {
		t.Errorf("%v\n%v", all[0], all[3])
	}
	if all[6]["given_up"] != true || all[6]["fault"] != nil || all[7]["msg"] != "end" {
		t.Errorf("%v\n%v", all[6], all[7])
	}
}

// A list is noted without what it says of payloads.
func TestAListIsNoted(t *testing.T) {
	to := &disk{}
	j := open("log", to, redact)
	page := queue.ListPage{Items: []queue.ListedRequest{{Input: []byte(`{"prompt":"fog"}`)}}}
	j.Request(queue.Exchange{Kind: "list", Request: queue.Request{Base: base(t), Endpoint: "fal-ai/flux", ID: "id-1"}, StartedAt: time.Now(), Answer: page})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if line := lines(t, to.String())[0]; line["kind"] != "list" || line["request_id"] != "id-1" || line["requests"] != 1.0 || strings.Contains(to.String(), "fog") {
		t.Errorf("the log is\n%s", to.String())
	}
}

func TestWithoutALogNothingIsNoted(t *testing.T) {
	var j *Journal
	j.Request(queue.Exchange{})
	j.Start()
	j.Observe(poller.Update{StoreErr: io.EOF})
	if err := j.Close(); err != nil {
		t.Error(err)
	}
}

func TestChangesOfHostsAndDiskAreNotedOnce(t *testing.T) {
	to := &disk{}
	j := open("log", to, redact)
	well := poller.HostStatus{Base: base(t), Rate: 10, MaxRate: 10}
	sick, refused := well, well
	sick.HoldUntil, sick.Outage = poller.StampOf(time.Now()), &queue.Fault{Kind: queue.Unreachable, Message: secret}
	refused.Stopped = &queue.Fault{Kind: queue.Unauthorized, HTTP: 401}
	refused.Forbidden = []poller.Forbidden{{Endpoint: "sora", Fault: &queue.Fault{Kind: queue.Forbidden, HTTP: 403}}}
	full := errors.New("disk full near " + secret)
	for _, u := range []poller.Update{
		{Hosts: []poller.HostStatus{well}},
		{Hosts: []poller.HostStatus{sick}, StoreErr: full},
		{Hosts: []poller.HostStatus{sick}, StoreErr: full},
		{Hosts: []poller.HostStatus{refused}},
		{Hosts: []poller.HostStatus{refused}},
		{Hosts: []poller.HostStatus{well}, Persistence: poller.Persistence{Damage: "bad"}},
	} {
		j.Observe(u)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range lines(t, to.String()) {
		if event, ok := line["event"].(string); ok {
			got = append(got, event)
		}
	}
	want := "hold, outage, unkept, hold over, reachable, stopped, forbidden, kept again, asked again, damaged"
	if strings.Join(got, ", ") != want || strings.Contains(to.String(), "journal") {
		t.Errorf("noted %s, want %s\n%s", strings.Join(got, ", "), want, to.String())
	}
}

func TestStartHoldsNoSecret(t *testing.T) {
	to := &disk{}
	j := open("log", to, redact)
	j.Start("version", "v1", "flags", []string{"header", "rate"}, "bases", []string{"https://a/" + secret}, "session", secret)
	j.Close()
	first := lines(t, to.String())[0]
	if first["version"] != "v1" || len(first["flags"].([]any)) != 2 || strings.Contains(to.String(), "journal") {
		t.Errorf("%v", first)
	}
}

func TestFullDiskIsToldAtTheEndAndLeavesWholeLines(t *testing.T) {
	n := 0
	to := &disk{}
	to.write = func(line []byte) (int, error) {
		switch n++; n {
		case 2:
			return 10, syscall.ENOSPC
		case 3:
			return 0, syscall.ENOSPC
		}
		return len(line), nil
	}
	j := open("the.log", to, redact)
	for range 4 {
		j.Start()
	}
	err := j.Close()
	if err == nil || !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the.log") || !strings.Contains(err.Error(), "2 lines") {
		t.Errorf("the error is %v", err)
	}
	whole := 0
	for line := range strings.Lines(to.String()) {
		if json.Valid([]byte(line)) {
			whole++
		}
	}
	if whole != 3 || strings.Count(to.String(), "\n") != 4 {
		t.Errorf("%d whole lines in\n%s", whole, to.String())
	}
	if err := j.Close(); err != nil {
		t.Errorf("told twice: %v", err)
	}
}

func TestFileIsTheUsersAndGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "polltop.log")
	for range 2 {
		j, err := Open(path, redact)
		if err != nil {
			t.Fatal(err)
		}
		j.Start()
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
	text, _ := os.ReadFile(path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || len(lines(t, string(text))) != 4 {
		t.Errorf("%v, %v:\n%s", info, err, text)
	}
	if _, err := Open(t.TempDir(), redact); err == nil || strings.Contains(err.Error(), "open ") {
		t.Errorf("a directory: %v", err)
	}
}
