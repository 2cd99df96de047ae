package script

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/poller/simulator/pipe"
	"polltop/poller/simulator/simulatortest"
	"polltop/views/report"
)

// reply is an answer of a scripted service: its HTTP status, headers before the body as
// "Name: value" lines, and the body.
type reply struct {
	code   int
	header string
	body   string
}

// playing is a service that gives one task's answers in their order, and the last one
// for ever.
type playing struct {
	mu               sync.Mutex
	statuses, result []reply
	reads            int
	queries          []string // of the requests for the status
	downloadTo       string   // the directory for outputs; "" for no downloads
	hangs            string   // the end of the path whose requests are never answered
}

func (p *playing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.hangs != "" && strings.HasSuffix(r.URL.Path, p.hangs) {
		<-r.Context().Done()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	from := &p.result
	if strings.HasSuffix(r.URL.Path, "/status") {
		from, p.queries = &p.statuses, append(p.queries, r.URL.RawQuery)
	} else {
		p.reads++
	}
	answer := (*from)[0]
	if len(*from) > 1 {
		*from = (*from)[1:]
	}
	for line := range strings.Lines(answer.header) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		w.Header().Set(name, value)
	}
	w.WriteHeader(answer.code)
	fmt.Fprint(w, answer.body)
}

// played is what came of watching a task of a scripted service.
type played struct {
	outcome  Outcome
	task     *report.TaskObject // as it ended, nil if it did not
	summary  report.SummaryObject
	out, err string
	took     time.Duration
	reads    int
}

// play watches one task of a scripted service over HTTP until it ends, on a clock of its
// own.
func play(t *testing.T, service string, p *playing, o Options, po poller.Options) (got played) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		base, err := queue.ParseBaseAs("http://localhost:80", service)
		if err != nil {
			t.Fatal(err)
		}
		listener, dial := pipe.Listen()
		server := &http.Server{Handler: p}
		go server.Serve(listener)
		defer server.Close()
		client := simulatortest.NewQueueClient(4, dial)
		defer client.Close()
		b := &bench{t: t, base: base, ctx: t.Context()}
		po.Service, po.Rate, po.Concurrency = client, 10, 4
		if po.Interval = time.Second; o.Once {
			po.Interval = OnceInterval
		}
		if p.downloadTo != "" {
			o.Results, o.Downloads = true, download.New(download.Options{Dir: p.downloadTo, MaxBytes: 1 << 20, Outputs: client.Outputs})
			defer o.Downloads.Close()
		}
		po.FetchResults = o.Results
		var out, errs bytes.Buffer
		o.Requests = []queue.Request{{ID: "request-1", Endpoint: "fal-ai/flux", Base: base}}
		o.Poller, o.Out, o.Err, o.JSON, o.Crash = poller.NewPoller(po), &out, &errs, true, b.catcher()
		start := time.Now()
		if got.outcome, err = Run(context.Background(), o); err != nil {
			t.Errorf("the error is %v", err)
		}
		got.took, got.out, got.err, got.reads = time.Since(start), out.String(), errs.String(), p.reads
		b.out = out
		var tasks []report.TaskObject
		tasks, got.summary = b.objects()
		for i := range tasks {
			if tasks[i].Event == report.EventEnded {
				got.task = &tasks[i]
			}
		}
	})
	return got
}

const (
	completed = `{"status": "COMPLETED"}`
	image     = `{"images": [{"url": "https://cdn.example/1.png"}]}`
)

var (
	ok      = func(body string) []reply { return []reply{{200, "", body}} }
	gateway = reply{504, "Content-Type: text/html", "<html><title>504 Gateway Time-out</title></html>"}
)

// again returns n times the same answer, and others behind.
func again(n int, r reply, behind ...reply) []reply {
	var all []reply
	for range n {
		all = append(all, r)
	}
	return append(all, behind...)
}

// TestEveryEndHasItsExitStatus holds what wait makes of the answers that services and
// gateways give.
func TestEveryEndHasItsExitStatus(t *testing.T) {
	invalid := `{"detail": [{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing"}, {"loc": ["body", "seed"], "msg": "Not a number", "type": "int"}]}`
	tests := []struct {
		name, service    string
		statuses, result []reply
		exit             int
		outcome          string
		says             []string // of the task's object
	}{
		{"fal: success is said when the result was read", "fal", ok(completed), ok(image), ExitOK, "succeeded", []string{"https://cdn.example/1.png"}},
		{"fal: result 422", "fal", ok(completed), []reply{{422, "", invalid}}, ExitFailed, "failed", []string{"prompt: Field required (+1 more)", `"error_type":"missing"`, `"next_step":"change the input"`}},
		{"fal: result 504 with a type", "fal", ok(completed), []reply{{504, "x-fal-request-id: r-7", `{"detail": "ran too long", "error_type": "request_timeout"}`}}, ExitFailed, "failed", []string{"request_timeout", `"next_step":"submit again"`, `"service_request_id":"r-7"`}},
		{"fal: result 504 with a type in the header alone", "fal", ok(completed), []reply{{504, "x-fal-error-type: startup_timeout\nx-fal-request-id: r-8", ""}}, ExitFailed, "failed", []string{`"error_type":"startup_timeout"`}},
		{"fal: X-Fal-Retryable wins", "fal", ok(completed), []reply{{422, "x-fal-retryable: true", invalid}}, ExitFailed, "failed", []string{`"next_step":"submit again"`}},
		{"fal: gateway 504 twelve times, then the result", "fal", ok(completed), again(12, gateway, reply{200, "", image}), ExitOK, "succeeded", []string{"https://cdn.example/1.png"}},
		{"fal: gateway 504 for ever", "fal", ok(completed), []reply{gateway}, ExitUnknown, "unknown", []string{"result not had: HTTP 504"}},
		{"fal: result 404", "fal", ok(completed), []reply{{404, "", `{"detail": "Request not found"}`}}, ExitUnknown, "expired", []string{"1 hour", "6 minutes"}},
		{"fal: result 202, then there", "fal", ok(completed), again(40, reply{202, "", `{"status": "IN_PROGRESS"}`}, reply{200, "", image}), ExitOK, "succeeded", nil},
		{"fal: still in progress in a 400", "fal", ok(completed), again(3, reply{400, "", `{"detail": "Request is still in progress"}`}, reply{200, "", image}), ExitOK, "succeeded", nil},
		{"fal: canceled", "fal", ok(`{"status": "COMPLETED", "error": "gone", "error_type": "client_cancelled"}`), ok(image), ExitFailed, "canceled", nil},
		{"fal: the result says canceled", "fal", ok(completed), []reply{{499, "", `{"detail": "x", "error_type": "client_cancelled"}`}}, ExitFailed, "canceled", nil},
		{"fal: cost", "fal", ok(completed), []reply{{200, "x-fal-billable-units: 2.5", image}}, ExitOK, "succeeded", []string{`"cost":2.5`, "billable units"}},
		{"comfy: canceled", "comfy", ok(`{"status": "COMPLETED", "error_type": "cancelled"}`), ok(image), ExitFailed, "canceled", nil},
		{"SeaCloud: canceled", "seacloud", ok(`{"status": "COMPLETED", "error": "x", "error_type": "Canceled"}`), ok(image), ExitFailed, "canceled", nil},
		{"SeaCloud: empty error", "seacloud", ok(`{"status": "COMPLETED", "error": ""}`), ok(image), ExitOK, "succeeded", nil},
		{"SeaCloud: error {}", "seacloud", ok(`{"status": "COMPLETED", "error": {}}`), ok(image), ExitOK, "succeeded", nil},
		{"SeaCloud: completed in small letters", "seacloud", ok(`{"status": "completed"}`), ok(image), ExitOK, "succeeded", []string{`"status":"completed"`}},
		{"FAILED", "seacloud", ok(`{"status": "FAILED", "error": "no GPU"}`), ok(image), ExitFailed, "failed", []string{"no GPU", `"status":"FAILED"`}},
		{"TIMED_OUT", "seacloud", ok(`{"status": "TIMED_OUT"}`), ok(image), ExitFailed, "failed", []string{"timed out"}},
		{"CANCELLED", "seacloud", ok(`{"status": "CANCELLED"}`), ok(image), ExitFailed, "canceled", nil},
		{"EXPIRED", "comfy", ok(`{"status": "EXPIRED"}`), ok(image), ExitUnknown, "expired", nil},
		{"410", "comfy", []reply{{410, "", `{"detail": "gone", "error_type": "request_not_found"}`}}, ok(image), ExitUnknown, "expired", nil},
		{"provider_error", "seacloud", ok(`{"status": "COMPLETED", "error": "generation failed", "error_type": "INFERENCE_FAILURE", "provider_error": {"code": "1026", "message": "sensitive input"}}`), ok(image), ExitFailed, "failed", []string{"1026", "sensitive input"}},
		{"an odd word, then the end", "seacloud", []reply{{200, "", `{"status": "PAUSED"}`}, {200, "", completed}}, ok(image), ExitOK, "succeeded", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := play(t, tt.service, &playing{statuses: tt.statuses, result: tt.result}, Options{}, poller.Options{})
			if got.outcome.Exit != tt.exit || got.outcome.Reason != report.ReasonEnded || got.task == nil || got.task.Outcome != tt.outcome {
				t.Fatalf("exit status %d (%s), want %d; task %+v\n%s%s", got.outcome.Exit, got.outcome.Reason, tt.exit, got.task, got.out, got.err)
			}
			for _, part := range tt.says {
				if !strings.Contains(got.out, part) {
					t.Errorf("the output does not hold %q:\n%s", part, got.out)
				}
			}
		})
	}
}

// TestResultIsTriedForMinutes holds that a gateway in the way of the result is waited
// for, some ten minutes, with growing waits.
func TestResultIsTriedForMinutes(t *testing.T) {
	got := play(t, "fal", &playing{statuses: ok(completed), result: []reply{gateway}}, Options{}, poller.Options{})
	if got.took < 8*time.Minute || got.took > 11*time.Minute || got.reads < 15 || got.reads > 80 {
		t.Errorf("it was given up after %v and %d tries", got.took, got.reads)
	}
}

func TestNoResultsLeavesThemUnread(t *testing.T) {
	got := play(t, "fal", &playing{statuses: ok(completed), result: ok(image)}, Options{}, poller.Options{NoResults: true})
	if got.outcome.Exit != ExitUnknown || got.reads != 0 || got.task.Outcome != "unknown" || !strings.Contains(got.task.Error, "--no-results") {
		t.Errorf("exit status %d, %d reads, task %+v", got.outcome.Exit, got.reads, got.task)
	}
}

// TestUnknownWordsAreTold holds that a status that polltop does not know, or none, is
// told once a word, and that the end by --timeout names the tasks and their words.
func TestUnknownWordsAreTold(t *testing.T) {
	statuses := again(20, reply{200, "", `{"status": "PAUSED\u001b[2J"}`}, again(20, reply{200, "", `{"queue_position": 3}`}, reply{200, "", `{"status": "THAWING"}`})...)
	got := play(t, "seacloud", &playing{statuses: statuses, result: ok(image)}, Options{Timeout: 5 * time.Minute}, poller.Options{})
	if got.outcome.Exit != ExitUnknown || got.outcome.Reason != report.ReasonTimeout {
		t.Errorf("exit status %d (%s)", got.outcome.Exit, got.outcome.Reason)
	}
	for _, part := range []string{`request-1: status "PAUSED`, "request-1: the answer has no status", `request-1: status "THAWING" is not known`, `with a status that polltop does not know: request-1 ("THAWING")`} {
		if strings.Count(got.err, part) != 1 {
			t.Errorf("standard error does not say %q once:\n%s", part, got.err)
		}
	}
	if strings.Contains(got.err, "\x1b") {
		t.Errorf("standard error can control the terminal: %q", got.err)
	}
	if len(got.summary.Unrecognized) != 1 || got.summary.Unrecognized[0].Status != "THAWING" {
		t.Errorf("the summary is %+v", got.summary)
	}
}

// With downloads, exit status 0 means that the outputs are on disk, also when the time is up, and
// each one that is not is told with the reason.
func TestOutputsThatAreNotOnDisk(t *testing.T) {
	const outputs = `{"outputs": ["http://localhost/slow.png", "data:image/png;base64,@@@@", "data:image/png;base64,####"]}`
	for hangs, says := range map[string][]string{
		"/slow.png": {"the time of 10s is up with 1 output still on the way", "request-1-2.png: the output's base64 is damaged", "request-1-3.png: the output's base64 is damaged", "outputs: 0 on disk, 3 not"},
		"/response": {"request-1 has succeeded, and its outputs are not downloaded: its result was not fetched", "could not be fetched: the run ended before it came", "outputs: 0 on disk, 1 not"},
		"/no":       {"request-1-1.png: HTTP 418", "request-1-2.png: the output's base64 is damaged", "request-1-3.png: the output's base64 is damaged"},
	} {
		p := &playing{statuses: ok(completed), result: []reply{{200, "", outputs}, {418, "", ""}}, downloadTo: t.TempDir(), hangs: hangs}
		got := play(t, "seacloud", p, Options{Timeout: 10 * time.Second, Progress: Plain}, poller.Options{})
		if got.outcome.Exit != ExitFailed || got.summary.Files != 0 || got.summary.FilesFailed == 0 {
			t.Errorf("%s hangs: exit status %d, summary %+v", hangs, got.outcome.Exit, got.summary)
		}
		for _, text := range says {
			if strings.Count(got.err, text) != 1 {
				t.Errorf("%s hangs: standard error does not say %q once:\n%s", hangs, text, got.err)
			}
		}
	}
}

// TestOnceReadsTheResult holds that status tells the outcome of a task at fal too, and
// does not try for minutes where the result can't be read.
func TestOnceReadsTheResult(t *testing.T) {
	got := play(t, "fal", &playing{statuses: ok(completed), result: ok(image)}, Options{Once: true}, poller.Options{})
	if got.outcome.Exit != ExitOK || got.task == nil {
		t.Errorf("exit status %d\n%s%s", got.outcome.Exit, got.out, got.err)
	}
	got = play(t, "fal", &playing{statuses: ok(completed), result: []reply{gateway}}, Options{Once: true}, poller.Options{})
	if got.outcome.Exit != ExitUnknown || got.took > time.Minute || !strings.Contains(got.out, `"event":"trouble"`) {
		t.Errorf("exit status %d after %v\n%s%s", got.outcome.Exit, got.took, got.out, got.err)
	}
}

// A result that is still awaited when the key is refused is not fetched: its task is told with that reason,
// and the run goes on for other hosts.
func TestAResultAwaitedWhenTheKeyIsRefused(t *testing.T) {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	m := newMonitor(Options{Out: &out, Err: &errs, Clock: time.Now, JSON: true, Results: true})
	task := &poller.Task{Request: queue.Request{ID: "request-1", Endpoint: "wan26_i2v", Base: base}, State: poller.Succeeded, Ended: 1}
	m.store(task)
	m.awaitingResult[task.Seq] = true
	refusal := &queue.Fault{Kind: queue.Unauthorized, HTTP: http.StatusUnauthorized, Message: "the key was revoked"}
	m.apply(poller.Update{Hosts: []poller.HostStatus{{Base: base, Stopped: refusal}}})
	_ = m.printer.flush()
	if want := "request-1 could not be fetched: " + refusal.Error(); !strings.Contains(errs.String(), want) || !strings.Contains(out.String(), refusal.Error()) {
		t.Errorf("want %q:\n%s%s", want, errs.String(), out.String())
	}
}

// Another task that has the number of a dropped one is told of like any other, also with the same trouble.
func TestTroubleOfAnotherTaskWithTheNumberOfADroppedOne(t *testing.T) {
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	m := newMonitor(Options{Out: &out, Err: io.Discard, Clock: time.Now, JSON: true})
	m.hasUpdate = true
	for i, id := range []string{"request-1", "request-2"} {
		u := poller.Update{Tasks: []*poller.Task{{
			Request: queue.Request{ID: id, Endpoint: "wan26_i2v", Base: base}, StatusWord: "PAUSED", Unrecognized: true,
			Trouble: &queue.Fault{Kind: queue.Unreachable, Message: "connection refused"},
		}}}
		if i > 0 {
			u.Dropped = []int32{0}
		}
		m.apply(u)
		_ = m.printer.flush()
		if !strings.Contains(out.String(), `"event":"trouble","request_id":"`+id) {
			t.Errorf("the trouble of %s is not told:\n%s", id, out.String())
		}
	}
}
