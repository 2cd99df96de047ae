package simulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
)

// fal is the dialect of fal's queue.
//
// Sources: fal's pages Inference API, Submit, Status, Result and Cancel of the queue, Request Error
// Types and Model Errors, and its own clients. Assumed: the bodies of answers about unknown
// requests and of results in progress. Webhooks, which fal has, are refused.
var fal = dialect{
	prefix: "/", keyEnv: "FAL_KEY", schemes: []string{"Key"},
	idHeader: "X-Fal-Request-Id", errorHeader: "X-Fal-Error-Type", costHeader: "X-Fal-Billable-Units",
	unitCost: 1, liveCode: http.StatusAccepted, notReadyCode: http.StatusBadRequest, createCode: http.StatusOK,
	cancelCodes:     [...]int{inQueue: http.StatusOK, inProgress: http.StatusAccepted, completed: http.StatusBadRequest},
	canceledOutcome: Outcome{ErrorType: "client_cancelled", Message: "Request was cancelled by the client"},
	createPattern:   regexp.MustCompile(`^/([^/]+(?:/[^/]+)+)$`),
	requestPattern:  regexp.MustCompile(`^/(` + falAppForm + `)/requests/([^/]+)((?:/[^/]+)*)$`),
	actions:         map[string]string{"/status": "status", "": "response", "/response": "response", "/cancel": "cancel", "/status/stream": "stream"},
	listPath:        modelsListPath, // fal serves it on another host
	app:             falApp, newID: (*Server).newUUID,
	setServiceFields: setFalFields, result: falResult, failedResult: failedResult, writeError: writeFalError,
	retention: falRetention, largeRetention: falLargeRetention, endpoints: falEndpoints, endpointMix: mixOfSix, failures: falFailures,
}

// falAppForm matches owner/app, and namespace/owner/app for workflows and Comfy apps. The addresses
// of requests leave out the rest of an endpoint.
const falAppForm = `(?:(?:workflows|comfy)/[^/]+/[^/]+|[^/]+/[^/]+)`

var falAppAt = regexp.MustCompile("^" + falAppForm)

func falApp(endpoint string) string { return cmp.Or(falAppAt.FindString(endpoint), endpoint) }

// setFalFields sets the logs, null unless the query asks for them, and the metrics: empty before
// the end, with a null inference time if the task never ran.
func setFalFields(x *Exchange, v snapshot, _ bool, a *statusAnswer) {
	a.Logs, a.Metrics = json.RawMessage("null"), map[string]any{}
	if logs := x.Request.URL.Query().Get("logs"); logs == "1" || logs == "true" {
		a.Logs = append([]logLine{}, v.logs...)
	}
	if v.phase != completed {
		return
	}
	a.Error, a.ErrorType = v.plan.Outcome.Message, v.plan.Outcome.ErrorType
	a.Metrics["inference_time"] = nil
	if v.everRan {
		a.Metrics["inference_time"] = v.inference
	}
}

func writeFalError(x *Exchange, r *Refusal, text string) {
	if r == noRequest || r == expired {
		x.JSON(http.StatusNotFound, statusBody("NOT_FOUND"))
		return
	}
	x.JSON(r.code, detailBody(text))
}

// falResult returns the result. Each model of fal has its own fields; these are the usual ones.
func falResult(x *Exchange) any {
	t := x.task
	var files []file
	var links []string
	for _, p := range x.outputs() {
		f := p.file
		f.Type = ""
		switch t.shape() {
		case ShapeDataURI:
			// The form of sync_mode.
			f.URL, f.FileName, f.FileSize = p.dataURI(), "", 0
		case ShapeBase64:
			f.URL, f.FileData = "", p.base64()
		}
		files, links = append(files, f), append(links, p.URL)
	}
	seed := t.seed()
	switch {
	case t.shape() == ShapeText:
		return map[string]any{"output": t.text(), "partial": false}
	case t.shape() == ShapeStrings:
		return map[string]any{"outputs": links, "seed": seed}
	case t.queue.endpoint.Video && len(files) == 1:
		return map[string]any{"video": files[0], "seed": seed}
	case t.queue.endpoint.Video:
		return map[string]any{"video": files[0], "images": files[1:], "seed": seed}
	}
	return map[string]any{
		"images": files, "prompt": t.prompt(), "seed": seed, "has_nsfw_concepts": make([]bool, len(files)),
		"timings": map[string]float64{"inference": x.snapshot.inference},
	}
}
