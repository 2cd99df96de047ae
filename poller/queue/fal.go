package queue

import (
	"regexp"
	"slices"
)

// fal is fal's queue (documentation pages Inference API, Queue, Request Error
// Types, Model Errors, Platform Headers).
var fal = &service{
	name: Fal, baseURL: "https://queue.fal.run", hosts: []string{"queue.fal.run", "queue.falrun.com"}, prefix: "/",
	logsQuery: "logs=1",
	keyEnv:    "FAL_KEY", keyHeader: "Authorization", scheme: "Key",
	appSegments:   falApp,
	headers:       headerNames{"X-Fal-Request-Id", "X-Fal-Error-Type", "X-Fal-Retryable", "X-Fal-Billable-Units"},
	resultDecides: true,
	resultRules: []resultRule{
		{499, "", OutcomeCanceled},
		{0, anyError, OutcomeFailed},
		{404, "", OutcomeExpired},
		{410, "", OutcomeExpired},
		{4, "", OutcomeFailed}, // assumed: an undocumented 4xx is the model's error too
	},
	expiredText: "the result is gone: fal keeps results for 1 hour, from 10 KB on for 6 minutes; if it is still wanted, submit it again and let polltop fetch the result at once",
	costUnit:    "billable units",
	errors:      falErrors,
}

// falLegacyApp matches an app id in its legacy form, 123-name (fal-js, libs/client/src/utils.ts).
var falLegacyApp = regexp.MustCompile(`^([0-9]+)-([a-zA-Z0-9-]+)$`)

// falApp returns the segments of an endpoint that are in the paths of its requests: owner and app,
// behind a namespace if there is one. The rest of the endpoint is a path within the app (fal-js,
// libs/client/src/utils.ts).
func falApp(segments []string) []string {
	if legacy := falLegacyApp.FindStringSubmatch(segments[0]); len(segments) == 1 && legacy != nil {
		segments = legacy[1:]
	}
	length := 2
	if slices.Contains([]string{"workflows", "comfy"}, segments[0]) {
		length = 3
	}
	return segments[:min(len(segments), length)]
}

// falErrors are the error types of the pages Request Error Types and Model Errors.
var falErrors = map[string]Explanation{
	"request_timeout":           {"it ran longer than allowed", StepSubmitAgain, "Submit it again; if it happens again, ask for a shorter or smaller output."},
	"startup_timeout":           {"no runner was ready in time", StepSubmitAgain, ""},
	"runner_scheduling_failure": {"no runner could be found", StepSubmitAgain, ""},
	"runner_connection_timeout": {"the runner was not reached in time", StepSubmitAgain, ""},
	"runner_connection_refused": {"the runner refused the connection", StepSubmitAgain, ""},
	"runner_connection_error":   {"the connection to the runner failed", StepSubmitAgain, ""},
	"runner_disconnected":       {"the runner was lost while it worked", StepSubmitAgain, ""},
	"runner_incomplete_response": {
		"the runner's answer was cut short", StepSubmitAgain, ""},
	"runner_server_error":            {"the runner failed", StepSubmitAgain, ""},
	"internal_error":                 {"fal itself failed", StepSubmitAgain, ""},
	"client_disconnected":            {"whoever submitted it left before the end", StepSubmitAgain, ""},
	"internal_server_error":          {"the model failed", StepSubmitAgain, ""},
	"generation_timeout":             {"the model did not finish in time", StepSubmitAgain, ""},
	"downstream_service_error":       {"a partner's service failed", StepSubmitAgain, ""},
	"downstream_service_unavailable": {"a partner's service is not available", StepSubmitAgain, ""},
	"client_cancelled":               {"it was canceled", StepNothing, "Nothing to do; submit it again if it is still wanted."},

	"bad_request":                        {"the request is malformed", StepChangeInput, ""},
	"content_policy_violation":           {"input or output was flagged by the content policy", StepChangeInput, ""},
	"no_media_generated":                 {"the model made no output of this input", StepChangeInput, ""},
	"image_too_small":                    {"an image is too small", StepChangeInput, ""},
	"image_too_large":                    {"an image is too large", StepChangeInput, ""},
	"image_load_error":                   {"an image could not be read", StepChangeInput, ""},
	"file_download_error":                {"the URL of an input file could not be fetched", StepChangeInput, "Give a URL that anybody can fetch, without a log-in."},
	"face_detection_error":               {"no face was found in the image", StepChangeInput, ""},
	"file_too_large":                     {"an input file is too large", StepChangeInput, ""},
	"greater_than":                       {"a number is too small", StepChangeInput, ""},
	"greater_than_equal":                 {"a number is too small", StepChangeInput, ""},
	"less_than":                          {"a number is too large", StepChangeInput, ""},
	"less_than_equal":                    {"a number is too large", StepChangeInput, ""},
	"multiple_of":                        {"a number is not a multiple of what the model needs", StepChangeInput, ""},
	"one_of":                             {"a value is none of those allowed", StepChangeInput, ""},
	"sequence_too_short":                 {"a list has too few items", StepChangeInput, ""},
	"sequence_too_long":                  {"a list has too many items", StepChangeInput, ""},
	"feature_not_supported":              {"the model can't do what was asked for", StepChangeInput, ""},
	"invalid_archive":                    {"an archive could not be read", StepChangeInput, ""},
	"archive_file_count_below_minimum":   {"an archive holds too few files", StepChangeInput, ""},
	"archive_file_count_exceeds_maximum": {"an archive holds too many files", StepChangeInput, ""},
	"audio_duration_too_long":            {"an audio file is too long", StepChangeInput, ""},
	"audio_duration_too_short":           {"an audio file is too short", StepChangeInput, ""},
	"video_duration_too_long":            {"a video is too long", StepChangeInput, ""},
	"video_duration_too_short":           {"a video is too short", StepChangeInput, ""},
	"unsupported_audio_format":           {"the format of an audio file is not supported", StepChangeInput, ""},
	"unsupported_image_format":           {"the format of an image is not supported", StepChangeInput, ""},
	"unsupported_video_format":           {"the format of a video is not supported", StepChangeInput, ""},
	"missing":                            {"a required parameter is missing", StepChangeInput, ""},
	"value_error":                        {"a parameter has a value that is not allowed", StepChangeInput, ""},
	"type_error":                         {"a parameter has a wrong type", StepChangeInput, ""},
}
