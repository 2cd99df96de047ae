package simulator

import (
	"cmp"
	"encoding/json"
	"time"
)

// The endpoints of twenty tasks of a batch, as indexes of five or six endpoints. Fast images are
// more frequent than videos.
var (
	mixOfFive = []int{0, 1, 2, 3, 4, 0, 2, 1, 0, 3, 0, 2, 1, 4, 0, 2, 1, 3, 0, 4}
	mixOfSix  = []int{0, 1, 2, 3, 4, 0, 2, 1, 0, 3, 0, 5, 1, 4, 0, 2, 1, 3, 0, 5}
)

// seacloudEndpoints make images in seconds and videos in up to a minute.
var seacloudEndpoints = []Endpoint{
	{Name: "nano_banana_2", Median: 8 * time.Second},
	{Name: "wan26_i2v", Median: 34 * time.Second, Video: true},
	{Name: "flux_kontext", Median: 6500 * time.Millisecond, JPEG: true},
	{Name: "seedance_pro", Median: 28 * time.Second, Video: true},
	{Name: "kling_v2_i2v", Median: 35 * time.Second, Video: true},
}

// falEndpoints cover endpoints with a path behind the app, and a workflow and a Comfy app, whose
// paths have three segments.
var falEndpoints = []Endpoint{
	{Name: "fal-ai/flux/dev", Median: 8 * time.Second},
	{Name: "fal-ai/kling-video/v2/master/image-to-video", Median: 34 * time.Second, Video: true},
	{Name: "fal-ai/flux-pro/kontext", Median: 6500 * time.Millisecond, JPEG: true, Shape: ShapeDataURI},
	{Name: "workflows/polltop/storyboard", Median: 28 * time.Second, Shape: ShapeStrings},
	{Name: "comfy/polltop/portrait", Median: 12 * time.Second, Shape: ShapeBase64},
	{Name: "fal-ai/any-llm", Median: 5 * time.Second, Shape: ShapeText},
}

// comfyEndpoints are models of Comfy Router, with a result of another shape for each partner.
var comfyEndpoints = []Endpoint{
	{Name: "bfl/flux-2-pro", Median: 8 * time.Second, JPEG: true},
	{Name: "google/veo-3-1", Median: 34 * time.Second, Video: true, Shape: ShapeBase64},
	{Name: "openai/gpt-image-1", Median: 12 * time.Second, Shape: ShapeBase64},
	{Name: "wan/wan2-6-i2v", Median: 28 * time.Second, Video: true, Shape: ShapeStrings},
	{Name: "recraft/recraft-v3", Median: 7 * time.Second, Shape: ShapeDataURI},
	{Name: "google/gemini", Median: 5 * time.Second, Shape: ShapeText},
}

// falFailures are the failures of tasks of fal: in the status, or only in the result after a
// COMPLETED status without an error.
var falFailures = []failure{
	{result: &ResultError{422, "content_policy_violation", "false", json.RawMessage(`{"detail": [{"loc": ["body", "prompt"],
		"msg": "The content could not be processed because it was flagged by a content checker.", "type": "content_policy_violation",
		"input": {"prompt": "portrait of a real person"}, "url": "https://docs.fal.ai/errors#content_policy_violation"}]}`)}},
	{Outcome: Outcome{"request_timeout", "Request timed out after 600 seconds"}},
	{name: "missing", result: &ResultError{422, "", "", json.RawMessage(`{"detail": [
		{"loc": ["body", "prompt"], "msg": "Field required", "type": "missing", "input": {"image_size": "square"}},
		{"loc": ["body", "loras", 0, "scale"], "msg": "Input should be less than or equal to 4", "type": "less_than_equal", "ctx": {"le": 4}, "input": 9}
	]}`)}},
	{name: "request_timeout_in_header", result: &ResultError{504, "request_timeout", "true", detailBody("Request timed out")}},
	{Outcome: Outcome{"runner_disconnected", "The runner disconnected while it processed the request"}},
	{Outcome: Outcome{"client_cancelled", "Request was cancelled by the client"}},
	{result: &ResultError{422, "image_too_small", "", json.RawMessage(`{"detail": [{"loc": ["body", "image_url"],
		"msg": "The image is too small. The minimum dimensions are 512x512.", "type": "image_too_small", "ctx": {"min_width": 512, "min_height": 512}}]}`)}},
	{result: &ResultError{500, "internal_server_error", "true", json.RawMessage(
		`{"detail": [{"loc": ["body"], "msg": "Internal server error", "type": "internal_server_error"}]}`)}},
	{result: &ResultError{503, "runner_scheduling_failure", "", json.RawMessage(
		`{"detail": "No runner could be allocated", "error_type": "runner_scheduling_failure"}`)}},
}

var comfyFailures = []failure{
	{Outcome: Outcome{ErrorType: "provider_error"}, result: &ResultError{502, "provider_error", "", json.RawMessage(`{"detail": "The provider failed to run the model",
		"error_type": "provider_error", "upstream_detail": "CUDA error: device-side assert triggered"}`)}},
	{Outcome: Outcome{"content_policy_violation", "The prompt was refused by the provider"}},
	{Outcome: Outcome{"queue_timeout", "The request was not started in time"}},
	{Outcome: Outcome{"cancelled", "The request was cancelled"}},
	{Outcome: Outcome{ErrorType: "invalid_input"}, result: &ResultError{422, "invalid_input", "", json.RawMessage(
		`{"detail": [{"loc": ["body", "width"], "msg": "Input should be a multiple of 32", "type": "multiple_of"}]}`)}},
	{Outcome: Outcome{"provider_timeout", "The provider did not answer in time"}},
	{Outcome: Outcome{"insufficient_credits", "The workspace has no credits left"}},
	{Outcome: Outcome{"internal_error", "Internal error"}},
}

// errorCodes are the HTTP status codes of results by the error type in the status; for any other
// type it is 500.
var errorCodes = map[string]int{
	"insufficient_credits": 402, "cancelled": 409, "content_policy_violation": 422, "client_cancelled": 499,
	"runner_disconnected": 503, "request_timeout": 504, "startup_timeout": 504, "provider_timeout": 504, "queue_timeout": 504,
}

// How long a service stores a result (fal: six minutes above 10 KB), or the whole request (Comfy
// Router).
const (
	falRetention      = time.Hour
	falLargeRetention = 6 * time.Minute
	comfyRetention    = 24 * time.Hour
)

// retentionOf returns how long the service stores results of a shape.
func (d *dialect) retentionOf(shape Shape) time.Duration {
	if shape == ShapeDataURI || shape == ShapeBase64 {
		return d.largeRetention
	}
	return d.retention
}

const (
	runSteps           = 12 // the number of steps in the logs
	successesPerShape  = 7  // of SeaCloud's successes, one in so many has another shape
	minTasksForExpired = 10 // a smaller batch has no expired result
)

// addServiceDetails adds to the plans of a batch what the demo leaves out.
func (d *dialect) addServiceDetails(drafts []*task) {
	good, last := 0, (*task)(nil)
	for _, t := range drafts {
		t.plan.Retention = d.retentionOf(t.queue.endpoint.Shape)
		if d != &comfy {
			t.plan.Logs = runLog(runSteps)
		}
		t.plan.Progress = d == &seacloud
		if d == &seacloud && t.plan.Outcome.ErrorType == "INFERENCE_FAILURE" {
			t.plan.ProviderError = &ProviderError{Code: "OOM", Message: "The provider's worker ran out of memory", TaskStatus: "failed"}
		}
		if t.plan.failed() || len(t.plan.Faults) > 0 {
			continue
		}
		good++
		if d == &seacloud && good%successesPerShape == 0 {
			t.plan.Shape = []Shape{ShapeLegacy, ShapeText}[good/successesPerShape%2]
		}
		last = t
	}
	if d.retention > 0 && len(drafts) >= minTasksForExpired && last != nil {
		last.plan.Retention = NotRetained
	}
}

// failure is a way in which a task fails: by its status, its result or both.
type failure struct {
	Outcome
	result *ResultError
	name   string // the outcome's name in an override; "" is the error type
}

func (f failure) applyTo(plan *Plan) { plan.Outcome, plan.ResultError = f.Outcome, f.result }

// outcomeName returns the name of the failure in an override.
func (f failure) outcomeName() string {
	if f.result != nil {
		return cmp.Or(f.name, f.result.Type)
	}
	return f.ErrorType
}

// seacloudFailures are the failures of SeaCloud's tasks, in the order in which the demo uses them.
// The first seven cover every documented error_type and an undocumented one.
//
// The texts are like those of real services and models: short and long, in several sentences and
// scripts. One of them contains escape sequences that attack the terminal.
var seacloudFailures = []failure{
	{Outcome: Outcome{"INFERENCE_FAILURE", "Task execution failed: CUDA out of memory. Tried to allocate 2.75 GiB " +
		"(GPU 0; 79.15 GiB total capacity; 76.02 GiB already allocated; 1.31 GiB free). " +
		"The requested resolution of 1920x1080 at 121 frames needs more memory than one worker has. " +
		"Reduce the resolution or the number of frames, or choose the model's lite variant, and submit the task again."}},
	{Outcome: Outcome{"CONTENT_BLOCKED", "Output was blocked by the safety policy: the generated media resembles a real person. " +
		"No output was stored."}},
	{Outcome: Outcome{"INFERENCE_TIMEOUT", "Model execution exceeded the limit of 600 seconds"}},
	{Outcome: Outcome{"CANCELED", "Task was canceled by its owner from the web console"}},
	{Outcome: Outcome{"REQUEST_INVALID", "Validation failed with 3 errors:\n" +
		"  body.image_url: the file could not be downloaded (HTTP 403 from https://images.example/inputs/portrait.png)\n" +
		"  body.duration: 12 is not one of the permitted values [5, 8, 10]\n" +
		"  body.seed: ensure this value is less than or equal to 4294967295"}},
	{Outcome: Outcome{"INTERNAL_SERVER_ERROR", "\x1b]0;all tasks succeeded\x07\x1b[2J\x1b[H\x1b[32m\u2713 done\x1b[0m\r\n" +
		"worker crashed: invoice\u202egnp.exe\x07\b\b\b\u009b31m see \x1b]8;;https://phishing.example/\x1b\\the log\x1b]8;;\x1b\\"}},
	{Outcome: Outcome{"CAPACITY_EXHAUSTED", "No GPU of type H200 became available in region ap-southeast-1 within the admission window. " +
		"You have not been charged."}},
	{Outcome: Outcome{"INFERENCE_FAILURE", "模型执行失败:输入图像中未检测到人脸 😕。请上传一张正面清晰的照片后重试 " +
		"👩🏽‍🚀🎬 (顔が検出されませんでした)"}},
	{Outcome: Outcome{"CONTENT_BLOCKED", "Input was blocked by the safety policy (category: copyrighted_character, score 0.94). " +
		"The prompt asks for a character that the model's provider does not allow. Rephrase the prompt without the name of the character."}},
	{Outcome: Outcome{"INFERENCE_TIMEOUT", "upstream model did not finish in time: context deadline exceeded (Client.Timeout exceeded while awaiting headers)"}},
}
