package simulator

import (
	"cmp"
	"net/http"
	"regexp"
)

// comfy is the dialect of Comfy Router's queue, where X-API-Key has precedence over Authorization.
//
// Sources: the Router's OpenAPI description and the pages Queued requests, Errors and retries, and
// Headers. Synchronous requests are not served.
var comfy = dialect{
	prefix: "/v2/models/", createPath: "/requests", keyEnv: "COMFY_API_KEY", keyHeader: "X-API-Key", schemes: []string{"Bearer"},
	idHeader: "X-Comfy-Request-Id", errorHeader: "X-Comfy-Error-Type", costHeader: "X-Comfy-Credits-Used",
	unitCost: 8.44, liveCode: http.StatusOK, notReadyCode: http.StatusAccepted, createCode: http.StatusCreated,
	cancelCodes:     [...]int{inQueue: http.StatusAccepted, inProgress: http.StatusAccepted, completed: http.StatusConflict},
	canceledOutcome: Outcome{ErrorType: "cancelled", Message: "The request was cancelled"},
	statusExpires:   true, pollHint: 2,
	createPattern:  regexp.MustCompile(`^/v2/models/([^/]+/[^/]+)/requests$`),
	requestPattern: regexp.MustCompile(`^/v2/models/([^/]+/[^/]+)/requests/([^/]+)((?:/[^/]+)*)$`),
	actions:        map[string]string{"/status": "status", "": "response", "/cancel": "cancel"},
	app:            wholeEndpoint, newID: (*Server).newUUID,
	setServiceFields: setComfyFields, result: comfyResult, failedResult: failedResult, writeError: writeComfyError,
	retention: comfyRetention, largeRetention: comfyRetention, endpoints: comfyEndpoints, endpointMix: mixOfSix, failures: comfyFailures,
}

func setComfyFields(_ *Exchange, v snapshot, _ bool, a *statusAnswer) {
	if v.phase != completed {
		return
	}
	a.ErrorType = v.plan.Outcome.ErrorType
	if e := v.plan.ResultError; e != nil {
		a.ErrorType = cmp.Or(a.ErrorType, e.Type)
	}
}

func writeComfyError(x *Exchange, r *Refusal, text string) {
	x.resultError(typedError(r.code, r.comfy, text))
}

// comfyResult returns the result in the form of the partner that runs the model. The form of
// Black Forest Labs stands for ShapeFiles.
func comfyResult(x *Exchange) any {
	t := x.task
	products := x.outputs()
	switch t.shape() {
	case ShapeText:
		part := map[string]string{"text": t.text()}
		content := map[string]any{"role": "model", "parts": []any{part}}
		return map[string]any{"candidates": []any{map[string]any{"content": content, "finishReason": "STOP"}}}
	case ShapeStrings:
		links := make([]string, len(products))
		for i, p := range products {
			links[i] = p.URL
		}
		return map[string]any{"task_id": t.id, "status": "SUCCEEDED", "output": links}
	case ShapeBase64:
		if p := products[0]; p.Type == "video" {
			video := map[string]string{"bytesBase64Encoded": p.base64(), "mimeType": p.ContentType}
			return map[string]any{"done": true, "response": map[string]any{"videos": []any{video}}}
		}
		var images []any
		for _, p := range products {
			images = append(images, map[string]string{"b64_json": p.base64()})
		}
		return map[string]any{"data": images}
	case ShapeDataURI:
		return map[string]any{"image": products[0].dataURI()}
	}
	return map[string]any{
		"id": t.id, "status": "Ready",
		"result": map[string]any{
			"sample": products[0].URL, "prompt": t.prompt(), "seed": t.seed(), "duration": x.snapshot.inference,
		},
	}
}
