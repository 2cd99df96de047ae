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

const (
	demoLength   = 110 * time.Second // the time of the last end
	maxStretch   = 1.25              // bounds the factor by which run times are stretched to reach it
	firstFailure = 8 * time.Second   // the time of the first failure: the user sees the queue move before
)

// Demo returns a server with a scenario of two minutes, and its tasks in the order of submission.
// With 60 tasks or more it has every documented failure; with 10 or more, a task that the service
// loses and error pages of a gateway; always a broken network at 35 s and a rate limit at 65 s.
// One in four results has several outputs, and half of these a hostile file name. The number of
// workers is such that all tasks end within two minutes.
//
// The same number of tasks and seed give the same scenario. speed is how much faster than the
// clock it runs; 0 is 1. Its clock starts with the first request. The accepted key is DemoKey.
func Demo(tasks int, seed uint64, speed float64) (*Server, []Submitted) {
	return batch(SeaCloud, tasks, seed, speed, false)
}

// Batch returns a server with the demo's scenario in the API of a service, with the failures of
// that service and with what the demo leaves out: logs, progress, costs, all shapes of results,
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
	// Not the server's generator, so that the request ids do not depend on the plans.
	random := rand.New(rand.NewPCG(seed, 0x64656d6f))
	drafts := make([]*task, max(0, tasks)) // submitted below, once their plans are complete
	for i := range drafts {
		drafts[i] = &task{queue: s.queues[d.endpoints[d.endpointMix[i%len(d.endpointMix)]].Name]}
	}
	random.Shuffle(len(drafts), func(i, j int) { drafts[i], drafts[j] = drafts[j], drafts[i] })
	for i, e := range d.endpoints {
		q := s.queues[e.Name]
		own := slices.DeleteFunc(slices.Clone(drafts), func(t *task) bool { return t.queue != q })
		for _, t := range own {
			t.plan.Run = e.run(random)
		}
		q.pool.workers = fitToDemo(own)
		if i == d.endpointMix[0] && len(own) > 0 {
			own[0].plan.Run = firstFailure // it starts at once, so this is its end
			simulateRuns(own, q.pool.workers)
		}
	}
	for _, t := range drafts {
		t.plan.InferenceTime = time.Duration((0.86 + 0.11*random.Float64()) * float64(t.plan.Run))
	}
	addFailures(drafts, d.failures)
	addOutputs(drafts)
	if details {
		d.addServiceDetails(drafts)
	}
	submitted := make([]Submitted, len(drafts))
	for i, t := range drafts {
		name := t.queue.endpoint.Name
		submitted[i] = Submitted{ID: s.Submit(name, t.plan), Endpoint: name}
	}
	return s, submitted
}

// simulateRuns sets the ends of an endpoint's tasks, all submitted at the same time, and returns the
// last end.
func simulateRuns(own []*task, workers int) (last time.Duration) {
	p := pool{workers: workers}
	for _, t := range own {
		_, t.end = p.assign(0, t.plan.Run)
		last = max(last, t.end)
	}
	return last
}

// fitToDemo returns the fewest workers, at least 1, that finish an endpoint's tasks within
// demoLength. It stretches the run times to fill that time, and sets the ends.
func fitToDemo(own []*task) int {
	// The search succeeds: with a worker for each task all end in time, as no single run is longer.
	workers := 1 + sort.Search(len(own), func(n int) bool { return simulateRuns(own, n+1) <= demoLength })
	// An end is a sum of run times, so it stretches by the same factor.
	stretch := min(maxStretch, float64(demoLength)/float64(simulateRuns(own, workers)))
	for _, t := range own {
		t.plan.Run = time.Duration(stretch * float64(t.plan.Run))
	}
	simulateRuns(own, workers)
	return workers
}

// addFailures makes one in six tasks fail, spread over the whole time, and adds faults to single
// tasks.
func addFailures(drafts []*task, failures []failure) {
	order := slices.SortedStableFunc(slices.Values(drafts), func(a, b *task) int { return cmp.Compare(a.end, b.end) })
	late := order[sort.Search(len(order), func(i int) bool { return order[i].end >= firstFailure }):]
	count := min((len(drafts)+3)/6, len(late))
	for i := range count {
		failures[i%len(failures)].applyTo(&late[i*len(late)/count].plan)
	}
	// The tasks that succeed, in the order of their ends, without those that end too early.
	good := slices.DeleteFunc(order, func(t *task) bool { return t.plan.failed() || t.end < 15*time.Second })
	if len(drafts) < 10 || len(good) == 0 {
		return
	}
	// The service loses the last one while it is live.
	good[len(good)-1].plan.Faults = []Fault{{Kind: NotFound404, From: 20 * time.Second}}
	good = good[:len(good)-1]
	pages := min(max(3, len(drafts)/50), len(good))
	for i := range pages {
		good[i*len(good)/pages].plan.Faults = []Fault{{Kind: Gateway502HTML, FromPoll: 2, UntilPoll: 4}}
	}
}

// hostileNames are file names that a client must not use unchanged.
var hostileNames = []string{
	"../../etc/passwd\x1b[31m",
	"CON.png",
	strings.Repeat("a very long name that a model made of the prompt ", 20) + ".png",
	"C:\\Windows\\System32\\drivers\\etc\\hosts",
	"invoice\u202egnp.exe",
}

// addOutputs gives some successful tasks several outputs, and some of these a hostile file name.
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

// Describe writes a shell script to try the server: the variables and headers of the service's
// documentation, and request ids and commands as comments. baseURL is what Start returned. It
// returns the writer's error.
func (s *Server) Describe(w io.Writer, baseURL string) error {
	const maxIDs = 12
	s.mu.Lock()
	endpoint := s.config.Endpoints[0].Name
	if len(s.order) > 0 {
		endpoint = s.order[0].queue.endpoint.Name
	}
	var own []string // request ids of that endpoint
	for _, t := range s.order {
		if t.queue.endpoint.Name == endpoint && len(own) < maxIDs {
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
	return descriptionTemplate.Execute(w, map[string]any{
		"Base": baseURL, "Endpoint": endpoint, "App": app, "IDs": own, "Ends": strings.Join(d.outcomeNames(), ", "), "Service": s.config.Service,
		"KeyEnv": d.keyEnv, "Key": cmp.Or(s.config.Key, DemoKey), "Header": header + "${" + d.keyEnv + "}",
		"Path": strings.TrimPrefix(d.prefix, d.basePath), "Create": d.createPath, "List": strings.TrimSuffix(d.listPath, listSuffix),
	})
}

// descriptionTemplate is the text of Describe. It names the service, because polltop assumes that an
// unknown host is SeaCloud.
var descriptionTemplate = template.Must(template.New("").Parse(`# A simulated queue service answers on {{.Base}}
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
