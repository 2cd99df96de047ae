package queue

// bearerHost is a second host of SeaCloud that accepts the key only as Bearer (OdiRouter, page Base
// Configuration).
const bearerHost = "odirouter.ai"

// seacloud is the SeaCloud multimodal Model API (documentation pages Base
// Configuration to Errors and Limitations).
var seacloud = &service{
	name: SeaCloud, baseURL: DefaultBaseURL, hosts: []string{"cloud.seaart.ai", bearerHost}, prefix: "/v1/queue/",
	resultPath: "/response",
	keyEnv:     "API_KEY", keyHeader: "Authorization", scheme: "Key",
	// Undocumented: which errors a result may answer. The status decides, except for 410.
	resultRules: []resultRule{{410, "", OutcomeExpired}},
	expiredText: "the result is gone: SeaCloud does not keep it any more",
	errors:      seacloudErrors,
}

// The documented values of error_type (page Poll Status). A service may send others.
const (
	ErrorInference = "INFERENCE_FAILURE"
	ErrorTimeout   = "INFERENCE_TIMEOUT"
	ErrorInvalid   = "REQUEST_INVALID"
	ErrorBlocked   = "CONTENT_BLOCKED"
	ErrorCanceled  = "CANCELED"
	ErrorInternal  = "INTERNAL_SERVER_ERROR"
)

// seacloudErrors are the documented values of error_type (page Poll Status), and the error codes of
// the page Errors and Limitations and of the seacloud CLI.
var seacloudErrors = map[string]Explanation{
	ErrorInference: {"model execution failed", StepSubmitAgain,
		"Often passing: submit it again; if it fails again with the same input, change the input."},
	ErrorTimeout: {"model execution timed out", StepSubmitAgain,
		"Submit it again, with a shorter or smaller output if it happens again."},
	ErrorInternal: {"internal server error", StepSubmitAgain,
		"The service's own fault: submit it again later; report the request id if it persists."},
	ErrorInvalid: {"request parameters are invalid or do not match the model's requirements", StepChangeInput,
		"Compare the parameters with the model's page; submitting the same again fails again."},
	ErrorBlocked: {"input or output was blocked by safety policy", StepChangeInput,
		"Change the prompt or the input media; submitting the same again is likely to be blocked again."},
	ErrorCanceled: {"the task has been canceled", StepNothing,
		"Nothing to do; submit it again if it is still wanted."},
	"RATE_LIMIT_EXCEEDED": {"too many requests", StepWait, ""},
	"UNAUTHORIZED":        {"the API key was not accepted", StepCheckAccount, ""},
	"40201":               noCredits, "40202": noCredits, "40203": noCredits, "40204": noCredits,
	"40205": noCredits, "40206": noCredits, "40207": noCredits, "40208": noCredits,
}

// noCredits explains SeaCloud's codes 40201 to 40208 (seacloud CLI, clierrors).
var noCredits = Explanation{"the account has not enough credits", StepCheckAccount, "Add credits to the account, then submit it again."}
