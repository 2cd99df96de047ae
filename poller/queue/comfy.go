package queue

import "strings"

// comfy is Comfy Router (Comfy-Org/docs: router-openapi.yaml, Queued requests,
// Errors and retries, Headers).
var comfy = &service{
	name: Comfy, baseURL: "https://api.comfy.org", hosts: []string{"api.comfy.org"}, prefix: "/v2/models/",
	createPath: "/requests", idempotent: true,
	keyEnv: "COMFY_API_KEY", keyHeader: "X-Api-Key",
	appSegments: comfyApp, textResults: true,
	headers: headerNames{"X-Comfy-Request-Id", "X-Comfy-Error-Type", "", "X-Comfy-Credits-Used"},
	resultRules: []resultRule{
		{504, "queue_timeout", OutcomeFailed},
		{410, "", OutcomeExpired},
		{404, "request_not_found", OutcomeNotFound},
	},
	expiredText: "the request is gone: Comfy Router keeps requests and results for 24 hours after the end; if it is still wanted, submit it again",
	costUnit:    "credits",
	errors:      comfyErrors,
}

// comfyApp returns provider and model in lower case, as the router's paths have them.
func comfyApp(segments []string) []string {
	return strings.Split(strings.ToLower(strings.Join(segments[:min(len(segments), 2)], "/")), "/")
}

// comfyErrors are the values of error_type of router-openapi.yaml.
var comfyErrors = map[string]Explanation{
	"provider_error":             {"the partner that runs the model failed", StepSubmitAgain, ""},
	"provider_timeout":           {"the partner that runs the model was too slow", StepSubmitAgain, ""},
	"internal_error":             {"Comfy Router itself failed", StepSubmitAgain, ""},
	"service_unavailable":        {"the service is overloaded or down", StepSubmitAgain, "Submit it again after a while, in longer and longer steps."},
	"deadline_exceeded":          {"it took longer than a synchronous call may", StepSubmitAgain, "Submit it to the queue rather than synchronously."},
	"queue_timeout":              {"it waited too long in the queue, never ran and costs nothing", StepSubmitAgain, ""},
	"client_disconnected":        {"whoever submitted it left before the end", StepSubmitAgain, ""},
	"rate_limited":               {"too many requests in this window of time", StepWait, ""},
	"concurrency_limit_exceeded": {"as many requests run as the account may have", StepWait, ""},
	"queue_backlog_full":         {"as many requests wait as the account may have", StepWait, ""},
	"invalid_input":              {"the input does not fit the model, or its idempotency key was used for another input", StepChangeInput, ""},
	"content_policy_violation":   {"input or output was refused by the content policy", StepChangeInput, "The answer's refusal_subject tells what was refused: change that."},
	"model_not_found":            {"there is no such model", StepChangeInput, "Check provider and model in the endpoint."},
	"unauthorized":               {"the API key was not accepted", StepCheckAccount, ""},
	"forbidden":                  {"the account may not do this", StepCheckAccount, ""},
	"insufficient_credits":       {"the account has not enough credits", StepCheckAccount, "Add credits to the account, then submit it again."},
	"not_enabled":                {"the account has no queue, or the model can't be queued", StepCheckAccount, ""},
	"cancelled":                  {"it was canceled; it may cost something nevertheless", StepNothing, "Nothing to do; submit it again if it is still wanted."},
	"request_not_found":          {"the router does not know the request", StepNothing, "Check the request id and the model: under another model it is not found either."},
}
