package simulator

// failure is a way to fail.
type failure struct {
	Outcome
	result *ResultError
}

// put has a plan fail this way.
func (f failure) put(plan *Plan) {
	plan.Outcome, plan.ResultError = f.Outcome, f.result
}

// failures are the ways of SeaCloud in which tasks of the demo and tasks submitted over
// HTTP fail, in the order in which the demo uses them: the first seven cover
// every documented error_type and one that is not documented.
//
// The texts are as services and models write them: short and long, in several
// sentences and scripts. One is hostile to the terminal that shows it.
var failures = []failure{
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
