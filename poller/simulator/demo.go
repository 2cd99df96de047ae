package simulator

import (
	"cmp"
	"io"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"text/template"
	"time"
)

// Submitted is a task of the demo.
type Submitted struct {
	ID, Endpoint string
}

// demoLength is the time of the last end in the demo. demoStretch bounds the factor by which
// run times are stretched to reach it.
const (
	demoLength  = 110 * time.Second
	demoStretch = 1.25
	// firstFailure is the time of the first failure: late enough to see the queue move before.
	firstFailure = 8 * time.Second
)

// Demo returns a server with a scenario of two minutes, and its tasks in order of submission.
// From 60 tasks on it has every documented failure; from 10 on, a task that the service
// forgets and pages of a failing gateway; always a broken network at 35 s and a rate limit at
// 65 s. One in four results has several outputs, and half of these a hostile file name. The
// number of workers is such that all tasks end within two minutes.
//
// The same tasks and seed give the same scenario. speed is how much faster than the clock it
// runs, 0 being 1. Its clock starts with the first request. The accepted key is DemoKey.
func Demo(tasks int, seed uint64, speed float64) (*Server, []Submitted) {
	return batch(SeaCloud, tasks, seed, speed, false)
}

// Batch returns a server with the demo's scenario in the dialect of a service, with its own
// failures, and with what the demo leaves out: logs, progress, costs, all shapes of results,
// and results that the service has deleted.
func Batch(service Service, tasks int, seed uint64, speed float64) (*Server, []Submitted) {
	return batch(service, tasks, seed, speed, true)
}

func batch(service Service, tasks int, seed uint64, speed float64, details bool) (*Server, []Submitted) {
	d := dialects[service]
	s := New(Config{
		Service: service, Seed: seed, Speed: speed, Key: DemoKey, StartOnRequest: true, CancelLag: 700 * time.Millisecond,
		Faults: []Fault{
			{Kind: closedBefore, From: 35 * time.Second, Until: 41 * time.Second},
			{Kind: RateLimit429, From: 65 * time.Second, Until: 69 * time.Second, RetryAfter: 5 * time.Second},
		},
	})
	// A stream of its own, so that the server's ids do not depend on the plans.
	random := rand.New(rand.NewPCG(seed, 0x64656d6f))
	drafts := make([]*task, max(0, tasks)) // tasks that are yet to be submitted
	for i := range drafts {
		drafts[i] = &task{queue: s.queues[d.endpoints[d.mix[i%len(d.mix)]].Name]}
	}
	random.Shuffle(len(drafts), func(i, j int) { drafts[i], drafts[j] = drafts[j], drafts[i] })
	for i, e := range d.endpoints {
		q := s.queues[e.Name]
		own := slices.DeleteFunc(slices.Clone(drafts), func(t *task) bool { return t.queue != q })
		for _, t := range own {
			t.plan.Run = e.run(random)
		}
		q.pool.workers = fit(own)
		if i == d.mix[0] && len(own) > 0 {
			own[0].plan.Run = firstFailure // its run begins at once, so this is when it ends
			run(own, q.pool.workers)
		}
	}
	for _, t := range drafts {
		t.plan.InferenceTime = time.Duration((0.86 + 0.11*random.Float64()) * float64(t.plan.Run))
	}
	addFailures(drafts, d.failures)
	addOutputs(drafts)
	if details {
		d.addDetails(drafts)
	}
	submitted := make([]Submitted, len(drafts))
	for i, t := range drafts {
		name := t.queue.endpoint.Name
		submitted[i] = Submitted{ID: s.Submit(name, t.plan), Endpoint: name}
	}
	return s, submitted
}

// run sets the ends of an endpoint's tasks that are submitted at once, and returns the last.
func run(own []*task, workers int) (last time.Duration) {
	p := pool{workers: workers}
	for _, t := range own {
		_, t.end = p.take(0, t.plan.Run)
		last = max(last, t.end)
	}
	return last
}

// fit returns the fewest workers that finish an endpoint's tasks in time, at least 1. It
// stretches the run times to fill the time, and sets the ends.
func fit(own []*task) int {
	// With a worker for each, all end in time: no single run is that long.
	workers := 1 + sort.Search(len(own), func(n int) bool { return run(own, n+1) <= demoLength })
	// All times are sums of run times, so they stretch alike.
	stretch := min(demoStretch, float64(demoLength)/float64(run(own, workers)))
	for _, t := range own {
		t.plan.Run = time.Duration(stretch * float64(t.plan.Run))
	}
	run(own, workers)
	return workers
}

// addFailures makes one in six tasks fail, spread over the whole time, and adds the faults of
// single tasks.
func addFailures(drafts []*task, failures []failure) {
	order := slices.SortedStableFunc(slices.Values(drafts), func(a, b *task) int { return cmp.Compare(a.end, b.end) })
	late := order[sort.Search(len(order), func(i int) bool { return order[i].end >= firstFailure }):]
	count := min((len(drafts)+3)/6, len(late))
	for i := range count {
		failures[i%len(failures)].put(&late[i*len(late)/count].plan)
	}
	// Those that succeed, by when they end, late enough to be polled.
	good := slices.DeleteFunc(order, func(t *task) bool { return t.plan.failed() || t.end < 15*time.Second })
	if len(drafts) < 10 || len(good) == 0 {
		return
	}
	// The service forgets the last one in the middle of its life.
	good[len(good)-1].plan.Faults = []Fault{{Kind: NotFound404, From: 20 * time.Second}}
	good = good[:len(good)-1]
	pages := min(max(3, len(drafts)/50), len(good))
	for i := range pages {
		good[i*len(good)/pages].plan.Faults = []Fault{{Kind: Gateway502HTML, FromPoll: 2, UntilPoll: 4}}
	}
}

// hostileNames are file names that no client should use unchanged.
var hostileNames = []string{
	"../../etc/passwd\x1b[31m",
	"CON.png",
	strings.Repeat("a very long name that a model made of the prompt ", 20) + ".png",
	"C:\\Windows\\System32\\drivers\\etc\\hosts",
	"invoice\u202egnp.exe",
}

// addOutputs gives some successes several outputs, and some of these hostile file names.
func addOutputs(drafts []*task) {
	good := 0
	for _, t := range drafts {
		if t.plan.failed() {
			continue
		}
		good++
		if good%4 == 0 {
			t.plan.Outputs = 2 + good/4%3
		}
		if good%8 == 4 {
			t.plan.FileNames = []string{hostileNames[good/8%len(hostileNames)]}
		}
	}
}

// DemoKey is the API key of the demo. It is no secret.
const DemoKey = "demo"

// Describe writes what a user needs to try the server from a shell: the variables and headers
// of the service's documentation, request ids, and commands. A shell can read it: all but the
// variables are comments. baseURL is what Start returned. It returns the writer's error.
func (s *Server) Describe(w io.Writer, baseURL string) error {
	const most = 12 // request ids
	s.mu.Lock()
	endpoint := s.config.Endpoints[0].Name
	if len(s.order) > 0 {
		endpoint = s.order[0].queue.endpoint.Name
	}
	var own []string // ids of that endpoint
	for _, t := range s.order {
		if t.queue.endpoint.Name == endpoint && len(own) < most {
			own = append(own, t.id)
		}
	}
	s.mu.Unlock()
	d, header, app := s.dialect, "Authorization: Key ", "${ENDPOINT}"
	if d.keyHeader != "" {
		header = d.keyHeader + ": "
	}
	if d.app(endpoint) != endpoint {
		app = d.app(endpoint)
	}
	return description.Execute(w, map[string]any{
		"Base": baseURL, "Endpoint": endpoint, "App": app, "IDs": own, "Ends": strings.Join(d.ends(), ", "), "Service": s.config.Service,
		"KeyEnv": d.keyEnv, "Key": cmp.Or(s.config.Key, DemoKey), "Header": header + "${" + d.keyEnv + "}",
		"Path": strings.TrimPrefix(d.prefix, d.basePath), "Create": d.createPath, "List": strings.TrimSuffix(d.list, listPath),
	})
}

// description is what Describe writes. polltop takes an unknown host for SeaCloud.
var description = template.Must(template.New("").Parse(`# A simulated queue service answers on {{.Base}}
export BASE_URL={{.Base}}
export ENDPOINT={{.Endpoint}}
export {{.KeyEnv}}={{.Key}}
{{if ne .Service "seacloud"}}export POLLTOP_SERVICE={{.Service}}
{{end}}COMMON_HEADERS=(-H "{{.Header}}" -H "Content-Type: application/json")
{{with .IDs}}export REQUEST_ID={{index . 0}}

# Requests of ${ENDPOINT} to watch:
{{range .}}#   {{.}}
{{end}}
# Ask for one status:
#   curl -sS "${COMMON_HEADERS[@]}" "${BASE_URL}{{$.Path}}{{$.App}}/requests/${REQUEST_ID}/status"
{{end}}
# Submit another task:
#   curl -sS -X POST "${COMMON_HEADERS[@]}" "${BASE_URL}{{.Path}}${ENDPOINT}{{.Create}}" -d '{"prompt": "a lighthouse in the fog"}'
# The body may say what becomes of it: "simulate": {"queue": 1, "run": 2, "end": END}, END being
#   {{.Ends}}
{{with .List}}
# List the recent requests:
#   polltop recent --base-url "${BASE_URL}{{.}}" --service fal
{{end}}`))
