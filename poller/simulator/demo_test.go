package simulator

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller/queue"
	"polltop/poller/simulator/simulatortest"
)

// TestDemoScenario looks at the plans of demos of many sizes and seeds.
func TestDemoScenario(t *testing.T) {
	for _, size := range []int{0, 1, 2, 3, 5, 9, 10, 11, 30, 59, 60, 61, 500, 10_000} {
		seeds := uint64(20)
		if size > 100 {
			seeds = 1
		}
		for seed := range seeds {
			t.Run(fmt.Sprintf("%d tasks, seed %d", size, seed), func(t *testing.T) {
				s, submitted := Demo(size, seed, 1)
				defer s.Close()
				if len(submitted) != size {
					t.Fatalf("there are %d tasks", len(submitted))
				}
				for i, task := range s.order {
					if want := (Submitted{task.id, task.queue.endpoint.Name}); submitted[i] != want {
						t.Errorf("task %d is %v, want %v", i, submitted[i], want)
					}
				}
				checkTimes(t, s.order)
				if size >= 60 {
					checkVariety(t, s.order)
				}
			})
		}
	}
}

// checkTimes holds a demo to its length.
func checkTimes(t *testing.T, tasks []*task) {
	var last, first time.Duration
	for _, task := range tasks {
		last = max(last, task.end)
		if task.plan.Run < 3*time.Second || task.plan.Run > 75*time.Second {
			t.Errorf("task %s runs %v", task.id, task.plan.Run)
		}
		if task.plan.InferenceTime <= 0 || task.plan.InferenceTime >= task.plan.Run {
			t.Errorf("task %s tells %v of %v as inference time", task.id, task.plan.InferenceTime, task.plan.Run)
		}
		if task.plan.Outcome.Failed() && (first == 0 || task.end < first) {
			first = task.end
		}
	}
	if last > 115*time.Second || (len(tasks) >= 60 && last < 100*time.Second) {
		t.Errorf("the last task ends at %v", last)
	}
	if first != 0 && first < 8*time.Second || len(tasks) >= 10 && first != 8*time.Second {
		t.Errorf("the first failure is at %v", first)
	}
}

// checkVariety holds a demo to what it promises to show.
func checkVariety(t *testing.T, tasks []*task) {
	types, endpoints, faults := map[string]int{}, map[string]int{}, map[*FaultKind]int{}
	failed, inTime := 0, [4]int{}
	several, names := 0, map[string]bool{}
	for _, task := range tasks {
		endpoints[task.queue.endpoint.Name]++
		for _, fault := range task.plan.Faults {
			faults[fault.Kind]++
			if task.plan.Outcome.Failed() {
				t.Errorf("the failing task %s has the fault %v on top", task.id, fault.Kind)
			}
		}
		if task.outputCount() > 1 {
			several++
		}
		for _, name := range task.plan.FileNames {
			names[name] = true
		}
		if task.plan.Outcome.Failed() {
			failed++
			types[task.plan.Outcome.ErrorType]++
			inTime[min(3, int(task.end/(28*time.Second)))]++
		}
	}
	for _, name := range []string{
		queue.ErrorInference, queue.ErrorTimeout, queue.ErrorInvalid, queue.ErrorBlocked, queue.ErrorCanceled, queue.ErrorInternal, "CAPACITY_EXHAUSTED",
	} {
		if types[name] == 0 {
			t.Errorf("no task fails with %s", name)
		}
	}
	if share := float64(failed) / float64(len(tasks)); share < 0.15 || share > 0.20 {
		t.Errorf("%d of %d tasks fail", failed, len(tasks))
	}
	if slices.Contains(inTime[:], 0) {
		t.Errorf("in the quarters of the time there fail %v tasks", inTime)
	}
	if good := len(tasks) - failed; several < good/5 || several > good/3 || len(names) != len(hostileNames) {
		t.Errorf("of %d results, %d have several outputs; the hostile names are %v", good, several, names)
	}
	if len(endpoints) != 5 {
		t.Errorf("the endpoints are %v", endpoints)
	}
	if faults[NotFound404] != 1 || faults[Gateway502HTML] < 3 {
		t.Errorf("the faults are %v", faults)
	}
}

// TestFailureTexts holds the demo's messages to what they are there to try.
func TestFailureTexts(t *testing.T) {
	long, wide, escape := false, false, false
	for _, failure := range seacloudFailures {
		long = long || len(failure.Message) > 200
		wide = wide || strings.Contains(failure.Message, "模型") && strings.Contains(failure.Message, "😕")
		escape = escape || strings.Contains(failure.Message, "\x1b]0;") && strings.Contains(failure.Message, "\u202e")
	}
	if !long || !wide || !escape {
		t.Errorf("a long text: %v, wide characters and emoji: %v, escape sequences: %v", long, wide, escape)
	}
}

// TestDemoRepeats makes a demo twice.
func TestDemoRepeats(t *testing.T) {
	plans := func(seed uint64) (list []Plan, submitted []Submitted) {
		s, submitted := Demo(60, seed, 1)
		defer s.Close()
		for _, task := range s.order {
			list = append(list, task.plan)
		}
		return list, submitted
	}
	onePlans, one := plans(7)
	twoPlans, two := plans(7)
	if !reflect.DeepEqual(one, two) || !reflect.DeepEqual(onePlans, twoPlans) {
		t.Error("the same seed gives another demo")
	}
	if _, other := plans(8); reflect.DeepEqual(one, other) {
		t.Error("another seed gives the same demo")
	}
}

// TestDemoRun polls a demo every two seconds until nothing is left, and holds
// what came against the plans.
func TestDemoRun(t *testing.T) {
	var submitted []Submitted
	demo := func() (s *Server) {
		s, submitted = Demo(60, 1, 1)
		return s
	}
	simulatortest.Run(t, demo, func(t *testing.T, s *Server, c *client) {
		live, ended := slices.Clone(submitted), map[string]string{}
		var broken, limited []time.Duration
		gateway, missing := map[string]int{}, map[string]int{}
		start := time.Now()
		for ; len(live) > 0 && time.Since(start) < 2*time.Minute; advance(2 * time.Second) {
			now := time.Since(start)
			live = slices.DeleteFunc(live, func(task Submitted) bool {
				got, err := c.Do("GET", path(task.Endpoint, task.ID, "status"), "", "Authorization: Key "+DemoKey)
				switch {
				case err != nil:
					broken = append(broken, now)
				case got.Code == http.StatusTooManyRequests && got.Header.Get("Retry-After") == "5":
					limited = append(limited, now)
				case got.Code == http.StatusBadGateway:
					gateway[task.ID]++
				case got.Code == http.StatusNotFound:
					missing[task.ID]++
				case got.Code != http.StatusOK:
					t.Errorf("at %v: %d %s", now, got.Code, got.Body)
				case strings.Contains(got.Body, `"COMPLETED"`):
					ended[task.ID] = brief(got.Body)
				}
				return ended[task.ID] != ""
			})
		}
		if len(live) != 1 || missing[live[0].ID] < 40 || len(missing) != 1 {
			t.Errorf("%d tasks never end, unknown to the service are %v; want one that is both", len(live), missing)
		}
		if len(gateway) != 3 {
			t.Errorf("pages of the gateway came for %v, want three tasks", gateway)
		}
		checkWindow(t, "broken connections", broken, 35*time.Second, 41*time.Second)
		checkWindow(t, "429", limited, 65*time.Second, 69*time.Second)
		for _, task := range s.order {
			want := "done"
			switch {
			case missing[task.id] > 0:
				want = ""
			case task.plan.Outcome.ErrorType == queue.ErrorCanceled:
				want = "canceled"
			case task.plan.Outcome.Failed():
				want = "failed"
			}
			if ended[task.id] != want {
				t.Errorf("task %s ended %q, planned was %q", task.id, ended[task.id], want)
			}
		}
	})
}

// checkWindow wants that something happened, and only in a window of time.
func checkWindow(t *testing.T, what string, at []time.Duration, from, until time.Duration) {
	t.Helper()
	if len(at) == 0 || at[0] < from || at[0] > from+2*time.Second || at[len(at)-1] >= until || at[len(at)-1] < until-2*time.Second {
		t.Errorf("%s came at %v, want in all of %v to %v", what, at, from, until)
	}
}

// TestDescribe has a shell read the description of each service, and runs its
// commands.
func TestDescribe(t *testing.T) {
	for service, key := range map[Service][2]string{
		SeaCloud: {"API_KEY", "Authorization: Key "}, Fal: {"FAL_KEY", "Authorization: Key "}, Comfy: {"COMFY_API_KEY", "X-API-Key: "},
	} {
		t.Run(string(service), func(t *testing.T) { describes(t, service, key[0], key[1]) })
	}
}

// describes runs the commands of a service's description.
func describes(t *testing.T, service Service, key, header string) {
	s, submitted := Batch(service, 60, 1, 1)
	defer s.Close()
	url, err := s.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	if err := s.Describe(&text, url); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"export BASE_URL=" + url + "\n", "export ENDPOINT=" + submitted[0].Endpoint + "\n", "export " + key + "=demo\n",
		"export REQUEST_ID=" + submitted[0].ID + "\n",
		`COMMON_HEADERS=(-H "` + header + `${` + key + `}" -H "Content-Type: application/json")` + "\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the description has no line %q:\n%s", want, text.String())
		}
	}
	if named := strings.Contains(text.String(), "export POLLTOP_SERVICE="+string(service)+"\n"); named != (service != SeaCloud) {
		t.Errorf("the description names the service: %v\n%s", named, text.String())
	}
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash to read it")
	}
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl to run its commands")
	}
	script, commands := text.String(), 0
	for line := range strings.Lines(script) {
		if command, ok := strings.CutPrefix(line, "#   curl "); ok {
			script += "\ncurl --noproxy '*' " + command
			commands++
		}
	}
	run := exec.Command(bash, "-eu")
	run.Stdin, run.Stderr = strings.NewReader(script), os.Stderr
	out, err := run.Output()
	if err != nil || commands != 2 {
		t.Fatalf("%d commands, %v: %s", commands, err, out)
	}
	answers := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(answers) != 2 || !strings.Contains(answers[0], `"request_id":"`+submitted[0].ID) || !strings.Contains(answers[1], `"status_url":"`+url) {
		t.Errorf("the commands answered %q", answers)
	}
}

// TestDescribeNothing describes a server without tasks and any key.
func TestDescribeNothing(t *testing.T) {
	s := New(Config{Key: "secret"})
	defer s.Close()
	var text strings.Builder
	if err := s.Describe(&text, "http://127.0.0.1:1/model"); err != nil {
		t.Fatal(err)
	}
	if got := text.String(); strings.Contains(got, "REQUEST_ID") || !strings.Contains(got, "export ENDPOINT=nano_banana_2\nexport API_KEY=secret\n") {
		t.Errorf("the description is\n%s", got)
	}
}
