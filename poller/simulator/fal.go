package simulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"regexp"
)

// fal is the dialect of fal's queue.
//
// Sources: fal's pages Inference API, Submit, Status, Result and Cancel of the
// queue, Request Error Types and Model Errors, and its own clients. Assumed where
// they don't report it: the bodies of unknown requests and of requests in progress.
// Webhooks, which fal has, are refused: the simulator calls nobody.
var fal = dialect{
	prefix: "/", keyEnv: "FAL_KEY", schemes: []string{"Key"},
	idHeader: "X-Fal-Request-Id", errorHeader: "X-Fal-Error-Type", costHeader: "X-Fal-Billable-Units",
	unitCost: 1, running: http.StatusAccepted, early: http.StatusBadRequest, createdCode: http.StatusOK,
	canceled:        [...]int{inQueue: http.StatusOK, inProgress: http.StatusAccepted, completed: http.StatusBadRequest},
	canceledOutcome: Outcome{ErrorType: "client_cancelled", Message: "Request was cancelled by the client"},
	creates:         regexp.MustCompile(`^/([^/]+(?:/[^/]+)+)$`),
	requests:        regexp.MustCompile(`^/(` + falAppForm + `)/requests/([^/]+)((?:/[^/]+)*)$`),
	actions:         map[string]string{"/status": "status", "": "response", "/response": "response", "/cancel": "cancel", "/status/stream": "stream"},
	list:            modelsList, // which fal has on another host
	app:             falApp, newID: (*Server).newUUID,
	complete: completeFal, result: falResult, fail: failedResult, refuse: refuseFal,
	kept: falKept, keptLarge: falKeptLarge, endpoints: falEndpoints, mix: mixOfSix, failures: falFailures,
}

// falAppForm matches owner/app, and namespace/owner/app for workflows and Comfy apps: the path
// of an endpoint is left out of the addresses of its requests.
const falAppForm = `(?:(?:workflows|comfy)/[^/]+/[^/]+|[^/]+/[^/]+)`

var falAppAt = regexp.MustCompile("^" + falAppForm)

func falApp(endpoint string) string { return cmp.Or(falAppAt.FindString(endpoint), endpoint) }

// completeFal sets the logs, null unless they are asked for, and the metrics: empty before
// the end, with a null inference time where the task never ran.
func completeFal(x *Exchange, v view, _ bool, a *statusAnswer) {
	a.Logs, a.Metrics = json.RawMessage("null"), map[string]any{}
	if logs := x.Request.URL.Query().Get("logs"); logs == "1" || logs == "true" {
		a.Logs = append([]logLine{}, v.logs...)
	}
	if v.phase != completed {
		return
	}
	a.Error, a.ErrorType = v.plan.Outcome.Message, v.plan.Outcome.ErrorType
	a.Metrics["inference_time"] = nil
	if v.ran {
		a.Metrics["inference_time"] = v.inference
	}
}

func refuseFal(x *Exchange, r *Refusal, text string) {
	if r == noRequest || r == expired {
		x.JSON(http.StatusNotFound, word("NOT_FOUND"))
		return
	}
	x.JSON(r.code, detail(text))
}

// falResult returns what the model returned. Each model has its own fields; these are
// those of most models of fal.
func falResult(x *Exchange) any {
	t := x.task
	var files []file
	var links []string
	for _, p := range x.products() {
		f := p.file
		f.Type = ""
		switch t.shape() {
		case ShapeDataURI:
			// As with sync_mode.
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
		"timings": map[string]float64{"inference": x.view.inference},
	}
}
