package simulator

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Plan determines how a task runs and ends. Its durations are in the scenario's time.
type Plan struct {
	Queue         time.Duration // how long it waits, without needing a worker; 0 is until a worker is free
	Run           time.Duration // how long it runs
	Outcome       Outcome       // how it ends; the zero value is success
	InferenceTime time.Duration // reported as metrics.inference_time; 0 is nine tenths of Run
	Faults        []Fault       // disturb the requests for this task

	Prompt    string   // reported in the result; "" is a prompt derived from the id
	Outputs   int      // the number of files in the result; 0 is one
	FileNames []string // reported in the result, in order; "" or none is the output's number and extension
	Shape     Shape    // the shape of the result; "" is the shape of the endpoint
	// ResultError replaces the result, whatever the status reports: the task has failed.
	ResultError *ResultError
	// Retention is how long after the end the service has the result, and Comfy Router the request; 0
	// is for ever, NotRetained not at all.
	Retention time.Duration

	Logs          []string       // the lines of the run's log, spread evenly over the run
	Progress      bool           // whether status answers of SeaCloud report the run's progress
	ProviderError *ProviderError // why the model's provider failed, as SeaCloud reports it; nil for nothing
}

// NotRetained is a Plan.Retention: the service deletes the result when the task ends.
const NotRetained time.Duration = -1

// failed reports whether the task ends without a result.
func (p Plan) failed() bool { return p.Outcome.Failed() || p.ResultError != nil }

// ProviderError is the error of a model's provider, as SeaCloud reports it.
type ProviderError struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	TaskStatus string `json:"task_status,omitempty"`
}

// Shape is the shape of a result.
type Shape string

// The shapes. Each service has its own form of each. A service that has no form of a shape
// answers with ShapeFiles.
const (
	ShapeFiles   Shape = ""        // a list or a member for each file, with its URL, type and size
	ShapeStrings Shape = "strings" // a list of URLs
	ShapeText    Shape = "text"    // a text instead of files
	ShapeDataURI Shape = "data"    // the files in data: URIs
	ShapeBase64  Shape = "base64"  // the files in base64
	ShapeLegacy  Shape = "older"   // SeaCloud's older form, which reports the cost
)

func (t *task) shape() Shape { return cmp.Or(t.plan.Shape, t.queue.endpoint.Shape) }

// Outcome is how a task ends. It has failed when either field is set; without
// ErrorType the answer carries no error_type, without Message no error.
type Outcome struct {
	ErrorType, Message string
}

// Failed reports whether the outcome is other than success.
func (o Outcome) Failed() bool { return o != Outcome{} }

// Submit submits a task and returns its request id, in the form that the service uses.
func (s *Server) Submit(endpoint string, plan Plan) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addTask(s.dialect.newID(s), endpoint, plan).id
}

// SubmitID submits a task under a given request id. It panics if the id is in use, because that
// is a mistake in the scenario.
func (s *Server) SubmitID(id, endpoint string, plan Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addTask(id, endpoint, plan)
}

// addTask adds a task. The caller holds the lock.
func (s *Server) addTask(id, endpoint string, plan Plan) *task {
	if s.tasks[id] != nil {
		panic(fmt.Sprintf("simulator: request id %q was submitted before", id))
	}
	if s.queues[endpoint] == nil {
		s.addEndpoint(Endpoint{Name: endpoint})
	}
	t := &task{id: id, seq: len(s.order), queue: s.queues[endpoint], plan: plan, submittedAt: s.elapsed()}
	t.queue.add(t, t.submittedAt)
	s.tasks[id] = t
	s.order = append(s.order, t)
	return t
}

// addEndpoint adds an endpoint. The caller holds the lock or is New.
func (s *Server) addEndpoint(endpoint Endpoint) {
	workers := cmp.Or(endpoint.Workers, s.config.Workers)
	s.queues[endpoint.Name] = &taskQueue{endpoint: endpoint, pool: pool{workers: workers}}
}

// newUUID returns a fresh request id of fal's and Comfy Router's form: a random UUID (RFC 9562)
// from the server's seed. The caller holds the lock.
func (s *Server) newUUID() string {
	high := s.random.Uint64()&^0xf000 | 0x4000
	low := s.random.Uint64()&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))
}

// Endpoint is a model that runs tasks.
type Endpoint struct {
	Name    string        // the model id in the path, such as wan26_i2v
	Workers int           // how many tasks it runs at once; 0 is Config.Workers
	Median  time.Duration // the median run time of a task submitted over HTTP; 0 is ten seconds
	Video   bool          // the first output is a video instead of an image
	JPEG    bool          // images are JPEG instead of PNG
	Shape   Shape         // the shape of its results
}

// run returns a random run time. It is lognormally distributed, as with most services, but
// bounded so that no single task dominates a demo.
func (e Endpoint) run(random *rand.Rand) time.Duration {
	factor := min(max(math.Exp(0.32*random.NormFloat64()), 0.6), 1.65)
	return time.Duration(float64(cmp.Or(e.Median, 10*time.Second)) * factor).Round(10 * time.Millisecond)
}

// randomPlan returns a plan for a task submitted over HTTP; about one in six fails. The caller
// holds the lock.
func (s *Server) randomPlan(endpoint Endpoint) Plan {
	plan := Plan{Run: endpoint.run(s.random), Retention: s.dialect.retentionOf(endpoint.Shape)}
	if ways := s.dialect.failures; s.random.IntN(6) == 0 {
		ways[s.random.IntN(len(ways))].applyTo(&plan)
	}
	if s.config.Service == Fal {
		plan.Logs = runLog(runSteps)
	}
	return plan
}
