package simulator

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// Plan says what becomes of a task. Its durations are in the scenario's time.
type Plan struct {
	Queue         time.Duration // how long it waits, whatever the workers do; 0 is until one is free
	Run           time.Duration // how long it runs
	Outcome       Outcome       // how it ends; the zero value is success
	InferenceTime time.Duration // what metrics.inference_time reports; 0 is nine tenths of Run
	Faults        []Fault       // those that hit the requests for this task

	Prompt    string   // what the result reports; "" is one that follows from the id
	Outputs   int      // the files of the result; 0 is one
	FileNames []string // what the result reports, in order; else the output's number and extension
	Shape     Shape    // that of the result; "" is that of the endpoint
	// ResultError is what the result answers instead of the work, whatever the status reports.
	// With it the task has failed.
	ResultError *ResultError
	// Kept is how long after the end the service has the result, and Comfy Router the request; 0
	// is for ever, NotKept not at all.
	Kept time.Duration

	Logs     []string       // the lines of the run's log, spread evenly over it
	Progress bool           // status answers report how far the run is, as SeaCloud's do
	Provider *ProviderError // what the provider said of a failure, as SeaCloud reports it
}

// NotKept is the value of Plan.Kept with which a result is gone when the task ends.
const NotKept time.Duration = -1

// failed reports whether the task ends without its work.
func (p Plan) failed() bool { return p.Outcome.Failed() || p.ResultError != nil }

// ProviderError is SeaCloud's account of what the provider of a model said.
type ProviderError struct {
	Code       string `json:"code"`
	Message    string `json:"message"`
	TaskStatus string `json:"task_status,omitempty"`
}

// Shape is the shape of a result.
type Shape string

// The shapes. Each service has its own form of each; where it has none, it answers
// in its usual form.
const (
	ShapeUsual   Shape = ""        // a list or a member for each file, with its URL, type and size
	ShapeStrings Shape = "strings" // a list of URLs
	ShapeText    Shape = "text"    // a text instead of files
	ShapeDataURI Shape = "data"    // the files in data: URIs
	ShapeBase64  Shape = "base64"  // the files in base64
	ShapeOlder   Shape = "older"   // SeaCloud's older form, which reports the cost
)

func (t *task) shape() Shape { return cmp.Or(t.plan.Shape, t.queue.endpoint.Shape) }

// Outcome is how a task ends. It has failed when either field is set; without
// ErrorType the answer carries no error_type, without Message no error.
type Outcome struct {
	ErrorType, Message string
}

// Failed reports whether the outcome is other than success.
func (o Outcome) Failed() bool { return o != Outcome{} }

// Submit submits a task and returns its request id, which has the form of the service's.
func (s *Server) Submit(endpoint string, plan Plan) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(s.dialect.newID(s), endpoint, plan).id
}

// SubmitID submits a task under a request id of the caller's. It panics if the
// id is taken, as that is a mistake in the scenario.
func (s *Server) SubmitID(id, endpoint string, plan Plan) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.add(id, endpoint, plan)
}

// add enters a task. The caller holds the lock.
func (s *Server) add(id, endpoint string, plan Plan) *task {
	if s.tasks[id] != nil {
		panic(fmt.Sprintf("simulator: request id %q was submitted before", id))
	}
	if s.queues[endpoint] == nil {
		s.addEndpoint(Endpoint{Name: endpoint})
	}
	t := &task{id: id, seq: len(s.order), queue: s.queues[endpoint], plan: plan, sent: s.elapsed()}
	t.queue.add(t, t.sent)
	s.tasks[id] = t
	s.order = append(s.order, t)
	return t
}

// addEndpoint enters an endpoint. The caller holds the lock or is New.
func (s *Server) addEndpoint(endpoint Endpoint) {
	workers := cmp.Or(endpoint.Workers, s.config.Workers)
	s.queues[endpoint.Name] = &taskQueue{endpoint: endpoint, pool: pool{workers: workers}}
}

// newUUID returns a fresh request id of fal's and Comfy Router's form: a random
// UUID (RFC 9562), from the seed. The caller holds the lock.
func (s *Server) newUUID() string {
	high := s.random.Uint64()&^0xf000 | 0x4000
	low := s.random.Uint64()&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))
}

// Endpoint is a model that takes tasks.
type Endpoint struct {
	Name        string        // the model id in the path, such as wan26_i2v
	Workers     int           // how many tasks it runs at once; 0 is what Config says
	Median      time.Duration // the usual run time of a task submitted over HTTP; 0 is ten seconds
	Video, JPEG bool          // outputs are videos rather than images, images JPEG rather than PNG
	Shape       Shape         // that of the results
}

// run returns a plausible run time: lognormal, as the times of most services
// are, without the ends that would spoil a demo.
func (e Endpoint) run(random *rand.Rand) time.Duration {
	factor := min(max(math.Exp(0.32*random.NormFloat64()), 0.6), 1.65)
	return time.Duration(float64(cmp.Or(e.Median, 10*time.Second)) * factor).Round(10 * time.Millisecond)
}

// randomPlan returns a plan for a task submitted over HTTP: about one in six
// fails. The caller holds the lock.
func (s *Server) randomPlan(endpoint Endpoint) Plan {
	plan := Plan{Run: endpoint.run(s.random), Kept: s.dialect.keeps(endpoint.Shape)}
	if ways := s.dialect.failures; s.random.IntN(6) == 0 {
		ways[s.random.IntN(len(ways))].put(&plan)
	}
	if s.config.Service == Fal {
		plan.Logs = RunLog(runSteps)
	}
	return plan
}
