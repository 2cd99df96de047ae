package simulator

import (
	"net/http"
	"regexp"
	"slices"
)

// BasePath is the path of SeaCloud's base URL, as the documented base
// https://cloud.seaart.ai/model has it.
const BasePath = "/model"

// seacloud is the dialect of the SeaCloud multimodal Model API.
var seacloud = dialect{
	basePath: BasePath, prefix: BasePath + "/v1/queue/", resultPath: "/response",
	keyEnv: "API_KEY", schemes: []string{"Key", "Bearer"},
	running: http.StatusOK, early: http.StatusAccepted, createdCode: http.StatusOK,
	canceled:        [...]int{inQueue: http.StatusAccepted, inProgress: http.StatusAccepted, completed: http.StatusBadRequest},
	canceledOutcome: Outcome{ErrorType: "CANCELED", Message: "Task was canceled by a cancel request"},
	creates:         regexp.MustCompile(`^/model/v1/queue/([^/]+(?:/[^/]+)*)$`),
	requests:        regexp.MustCompile(`^/model/v1/queue/([^/]+(?:/[^/]+)*)/requests/([^/]+)/([^/]+)$`),
	actions:         map[string]string{"status": "status", "response": "response", "cancel": "cancel"},
	app:             sameApp, newID: newULID,
	complete: completeSeaCloud, result: seacloudResult, fail: failSeaCloud, refuse: refuseSeaCloud,
	endpoints: seacloudEndpoints, mix: mixOfFive, failures: failures,
}

// crockford is the alphabet of a ULID.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// newULID returns mmsu_ and a ULID in lower case. Like a ULID it begins with a time that grows
// from one to the next, but it comes from the seed. All begin with 01h, as the documentation's
// examples do.
func newULID(s *Server) string {
	s.stamp += 1 + s.random.Uint64N(60)
	id := []byte("mmsu_01h")
	for i := range 7 {
		id = append(id, crockford[s.stamp>>(30-5*i)&31])
	}
	for range 16 {
		id = append(id, crockford[s.random.IntN(len(crockford))])
	}
	return string(id)
}

// completeSeaCloud answers as the documentation pages Create Task and Poll Status have it.
// Progress, logs and provider_error are those that SeaCloud's own client reads.
func completeSeaCloud(_ *Exchange, v view, created bool, a *statusAnswer) {
	if created {
		a.Status, a.QueuePosition = "", &v.position
		return
	}
	a.StatusURL, a.CancelURL, a.Progress = "", "", v.progress
	if len(v.logs) > 0 {
		logs := slices.Clone(v.logs)
		for i := range logs {
			logs[i].Level, logs[i].Source = "", ""
		}
		a.Logs = logs
	}
	switch {
	case v.phase == completed && v.plan.Outcome.Failed():
		a.Error, a.ErrorType, a.ProviderError = v.plan.Outcome.Message, v.plan.Outcome.ErrorType, v.plan.Provider
	case v.phase == completed:
		a.Metrics = map[string]any{"inference_time": v.inference}
	}
}

// refuseSeaCloud answers as the documentation page Errors and Limitations has it.
func refuseSeaCloud(x *Exchange, r *Refusal, text string) {
	switch {
	case r.seacloud != "":
		x.JSON(r.code, seacloudError(r.seacloud, text, x.callID()))
	case r == noRequest && x.target.action == "cancel":
		x.JSON(r.code, word("NOT_FOUND"))
	default:
		x.JSON(r.code, detail(text))
	}
}

// failSeaCloud returns a failed task's reason. Assumed: the documentation does not say
// what the result of a failed task is; fal answers 422 with the reason.
func failSeaCloud(o Outcome, id string) ResultError {
	return ResultError{Code: http.StatusUnprocessableEntity, Body: seacloudError(o.ErrorType, o.Message, id)}
}

func seacloudError(name, message, requestID string) map[string]any {
	return map[string]any{"error": map[string]string{"code": name, "message": message}, "request_id": requestID}
}

// seacloudCost is what an output costs, in the unit of usage.cost.
const seacloudCost = 0.04

// seacloudMetadata is what a result reports of how it was made. The documentation
// leaves the fields to the model; these are usual ones.
type seacloudMetadata struct {
	Model         string  `json:"model"`
	Prompt        string  `json:"prompt"`
	Seed          uint64  `json:"seed"`
	InferenceTime float64 `json:"inference_time"`
	FPS           int     `json:"fps,omitempty"`
	Steps         int     `json:"steps,omitempty"`
}

// seacloudResult returns a result (documentation page Get Result), or its older form, which
// SeaCloud's own client still reads.
func seacloudResult(x *Exchange) any {
	t := x.task
	var outputs []file
	var older []any
	for _, p := range x.products() {
		outputs = append(outputs, p.file)
		older = append(older, map[string]any{"content": []file{{Type: p.Type, URL: p.URL}}})
	}
	switch t.shape() {
	case ShapeText:
		outputs = []file{{Type: "text", Text: t.text()}}
	case ShapeOlder:
		return map[string]any{"id": t.id, "output": older, "usage": map[string]float64{"cost": seacloudCost * float64(len(older))}}
	}
	metadata := seacloudMetadata{
		Model: t.queue.endpoint.Name, Prompt: t.prompt(), Seed: t.seed(), InferenceTime: x.view.inference, Steps: 28,
	}
	if t.queue.endpoint.Video {
		metadata.Steps, metadata.FPS = 0, 24
	}
	return map[string]any{"metadata": metadata, "outputs": outputs, "request_id": t.id}
}
