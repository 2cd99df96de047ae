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
	liveCode: http.StatusOK, notReadyCode: http.StatusAccepted, createCode: http.StatusOK,
	cancelCodes:     [...]int{inQueue: http.StatusAccepted, inProgress: http.StatusAccepted, completed: http.StatusBadRequest},
	canceledOutcome: Outcome{ErrorType: "CANCELED", Message: "Task was canceled by a cancel request"},
	createPattern:   regexp.MustCompile(`^/model/v1/queue/([^/]+(?:/[^/]+)*)$`),
	requestPattern:  regexp.MustCompile(`^/model/v1/queue/([^/]+(?:/[^/]+)*)/requests/([^/]+)/([^/]+)$`),
	actions:         map[string]string{"status": "status", "response": "response", "cancel": "cancel"},
	app:             wholeEndpoint, newID: newULID,
	setServiceFields: setSeaCloudFields, result: seacloudResult, failedResult: seacloudFailedResult, writeError: writeSeaCloudError,
	endpoints: seacloudEndpoints, endpointMix: mixOfFive, failures: seacloudFailures,
}

// crockford is the alphabet of a ULID.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// newULID returns mmsu_ and a ULID in lower case, derived from the server's seed. Its time part
// grows with each call. Like the examples of the documentation, all begin with 01h.
func newULID(s *Server) string {
	s.lastIDTime += 1 + s.random.Uint64N(60)
	id := []byte("mmsu_01h")
	for i := range 7 {
		id = append(id, crockford[s.lastIDTime>>(30-5*i)&31])
	}
	for range 16 {
		id = append(id, crockford[s.random.IntN(len(crockford))])
	}
	return string(id)
}

// setSeaCloudFields sets the fields of the documentation pages Create Task and Poll Status, and the
// undocumented progress, logs and provider_error, which SeaCloud's own client reads.
func setSeaCloudFields(_ *Exchange, v snapshot, created bool, a *statusAnswer) {
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
		a.Error, a.ErrorType, a.ProviderError = v.plan.Outcome.Message, v.plan.Outcome.ErrorType, v.plan.ProviderError
	case v.phase == completed:
		a.Metrics = map[string]any{"inference_time": v.inference}
	}
}

// writeSeaCloudError answers in the forms of the documentation page Errors and Limitations.
func writeSeaCloudError(x *Exchange, r *Refusal, text string) {
	switch {
	case r.seacloud != "":
		x.JSON(r.code, seacloudError(r.seacloud, text, x.exchangeID()))
	case r == noRequest && x.target.action == "cancel":
		x.JSON(r.code, statusBody("NOT_FOUND"))
	default:
		x.JSON(r.code, detailBody(text))
	}
}

// seacloudFailedResult returns the result of a failed task. Assumed, because the documentation does
// not describe it: like fal, SeaCloud answers 422 with the reason.
func seacloudFailedResult(o Outcome, id string) ResultError {
	return ResultError{Code: http.StatusUnprocessableEntity, Body: seacloudError(o.ErrorType, o.Message, id)}
}

func seacloudError(name, message, requestID string) map[string]any {
	return map[string]any{"error": map[string]string{"code": name, "message": message}, "request_id": requestID}
}

// seacloudCost is the cost of an output, in the unit of usage.cost.
const seacloudCost = 0.04

// seacloudMetadata is the metadata of a result. The documentation leaves the fields to the model;
// these are usual ones.
type seacloudMetadata struct {
	Model         string  `json:"model"`
	Prompt        string  `json:"prompt"`
	Seed          uint64  `json:"seed"`
	InferenceTime float64 `json:"inference_time"`
	FPS           int     `json:"fps,omitempty"`
	Steps         int     `json:"steps,omitempty"`
}

// seacloudResult returns a result (documentation page Get Result), or its legacy form, which
// SeaCloud's own client reads too.
func seacloudResult(x *Exchange) any {
	t := x.task
	var outputs []file
	var legacy []any
	for _, p := range x.outputs() {
		outputs = append(outputs, p.file)
		legacy = append(legacy, map[string]any{"content": []file{{Type: p.Type, URL: p.URL}}})
	}
	switch t.shape() {
	case ShapeText:
		outputs = []file{{Type: "text", Text: t.text()}}
	case ShapeLegacy:
		return map[string]any{"id": t.id, "output": legacy, "usage": map[string]float64{"cost": seacloudCost * float64(len(legacy))}}
	}
	metadata := seacloudMetadata{
		Model: t.queue.endpoint.Name, Prompt: t.prompt(), Seed: t.seed(), InferenceTime: x.snapshot.inference, Steps: 28,
	}
	if t.queue.endpoint.Video {
		metadata.Steps, metadata.FPS = 0, 24
	}
	return map[string]any{"metadata": metadata, "outputs": outputs, "request_id": t.id}
}
