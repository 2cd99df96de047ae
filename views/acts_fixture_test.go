package views_test

import (
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/poller/queue"
	"polltop/views"
)

// marked returns the props of a screen with every kind of note on its rows.
func marked(width, height int) props {
	p := screen(width, height)
	rows := tasks()
	rows[1].Canceling = true
	p.Table.Rows = rows[:min(len(rows), len(p.Table.Rows))]
	p.Table.Info = []views.RowInfo{
		{Slow: true}, {Marked: true}, {Marked: true, Fresh: true}, {Fresh: true}, {}, {Marked: true}, {}, {Slow: true, Marked: true}, {Slow: true},
	}
	p.Marked = 4
	return p
}

const outputURL = "https://cdn.example.com/2026/03/02/mmsu_01hxyzb7ken4p7q1r5s8t2v60x/output-0001-upscaled.mp4?signature=9f8e7d6c5b4a39281706f5e4d3c2b1a0&expires=1772467200"

// result returns a result with outputs of several kinds, and what came of
// downloading them.
func result() *views.Result {
	return &views.Result{
		FetchedResult: poller.FetchedResult{Result: queue.Result{
			Outputs: []queue.Output{
				{Type: "video", URL: outputURL, ContentType: "video/mp4", FileName: "a walk in the rain.mp4", Width: 1280, Height: 720, FileSize: 8_412_345, Duration: 5.2},
				{Type: "image", URL: "https://cdn.example.com/poster.png", ContentType: "image/png", Width: 1280, Height: 720, FileSize: 912_000},
				{Type: "text", ContentType: "text/plain", Content: "A woman walks through the rain.\nNeon lights reflect in the puddles."},
				{URL: "https://cdn.example.com/unknown"},
			},
			Metadata: []queue.Field{
				{Name: "aspect_ratio", Value: "16:9"}, {Name: "model", Value: "wan26_i2v"},
				{Name: "negative_prompt", Value: "blurry, low quality"},
				{Name: "prompt", Value: "a woman walks through the rain at night, neon lights, cinematic, shallow depth of field, 35 mm"},
				{Name: "seed", Value: "42"},
			},
		}},
		Files: []string{"polltop-out/wan26_i2v/mmsu_01hxyzb7-1.mp4", "downloading 410 kB of 912 kB, 45%", "", "failed: HTTP 403: the link has expired"},
	}
}

// preview is a picture of 8 by 3 cells, made of colors alone.
func preview() []string {
	row := strings.Repeat("\x1b[38;2;200;80;40;48;2;20;60;120m▀", 8) + "\x1b[m"
	return []string{row, row, row}
}

// withResult returns the props of a screen with a succeeded task's result.
func withResult(width, height int) props {
	p := screen(width, height)
	p.Table.Cursor = min(3, len(p.Table.Rows)-1)
	r := result()
	r.Preview, r.PreviewWidth = preview(), 8
	p.Detail = &views.Detail{Task: tasks()[3], Result: r}
	return p
}

// example returns a task of a group.
func example(id, message string) *poller.Task {
	return &poller.Task{Request: queue.Request{ID: id}, Error: message}
}

// groups returns the groups view of failures that have four things in common.
func groups() *views.Groups {
	return &views.Groups{By: "error", Cursor: 1, Rows: []views.Group{
		{
			Label: "INFERENCE_FAILURE: GPU <n> out of memory: tried to allocate <n> GiB", Count: 112, Share: 0.56, State: poller.Failed, NextStep: "submit again",
			Example: example("mmsu_01hxyzg6b9c2d5e8f1g4h7j3k0", "GPU 3 out of memory: tried to allocate 12 GiB"),
			First:   ago(95 * time.Minute), Last: ago(40 * time.Second),
		},
		{
			Label: "CONTENT_BLOCKED: output was blocked by the safety filter: the generated image was classified as <n>", Count: 61, Share: 0.305,
			State: poller.Failed, NextStep: "change the input", Example: example("mmsu_01hxyza0pdv4c8n2w5t7y9k3m4", failure().Error),
			First: ago(26 * time.Hour), Last: ago(4 * time.Minute),
		},
		{
			Label: "INFERENCE_TIMEOUT: timed out after <n> s", Count: 26, Share: 0.13, State: poller.Failed, NextStep: views.StepsDiffer,
			Example: example("mmsu_01hxyzh9k1", "timed out after 600 s"), First: ago(9 * time.Minute), Last: ago(9 * time.Minute),
		},
		{
			Label: "not found: HTTP <n>: Request not found", Count: 1, Share: 0.005, State: poller.NotFound,
			Example: example("mmsu_01hxyzd8w2x5y9z3a7b1c4d6e8", "HTTP 404: Request not found"),
			First:   ago(300 * 24 * time.Hour), Last: ago(300 * 24 * time.Hour),
		},
	}}
}

func grouped(width, height int) props {
	p := screen(width, height)
	p.Groups = groups()
	return p
}

// stats returns the stats view of three endpoints and an hour.
func stats() *views.Stats {
	bins := []views.Bin{
		{From: 0, To: 5 * time.Second, Count: 2}, {From: 5 * time.Second, To: 10 * time.Second, Count: 31},
		{From: 10 * time.Second, To: 20 * time.Second, Count: 214}, {From: 20 * time.Second, To: 40 * time.Second, Count: 120},
		{From: 40 * time.Second, To: 80 * time.Second, Count: 0}, {From: 80 * time.Second, To: 160 * time.Second, Count: 1},
	}
	s := &views.Stats{
		TaskStats: views.TaskStats{Endpoints: []views.EndpointStats{
			{
				Name: "all", Live: 88, Succeeded: 405, Failed: 6, Canceled: 1, Queue: views.Quantiles{P50: 2 * time.Second, P95: 41 * time.Second, Max: 12 * time.Minute},
				Run: views.Quantiles{P50: 14200 * time.Millisecond, P95: 38 * time.Second, Max: 160 * time.Second}, Inference: views.Quantiles{P50: 12300 * time.Millisecond, P95: 36 * time.Second}, Polls: 18233, Histogram: bins,
			},
			{
				Name: "nano_banana_2", Live: 28, Succeeded: 300, Canceled: 1, Queue: views.Quantiles{P50: 400 * time.Millisecond, P95: 6 * time.Second, Max: 9 * time.Second},
				Run: views.Quantiles{P50: 4100 * time.Millisecond, P95: 9 * time.Second, Max: 61 * time.Second}, Inference: views.Quantiles{P50: 3900 * time.Millisecond, P95: 8800 * time.Millisecond}, Polls: 6021, Histogram: bins[:3],
			},
			{Name: "fal-ai/flux-pro/v1.1-ultra/with/a/long/path", Live: 60, Polls: 12212},
		}},
		Polling: poller.Stats{Polls: 18233, Answers: 18102, RateLimited: 12, Faults: 119, Requests: 18710}, Rate: 18.5,
	}
	for i := range 60 {
		s.Ended = append(s.Ended, float64((i*7)%23))
		s.Failed = append(s.Failed, float64(max(0, (i*5)%17-14)))
	}
	return s
}

func statistics(width, height int) props {
	p := screen(width, height)
	p.Stats = stats()
	return p
}

// transfers returns downloads that are half done.
func transfers() *download.Progress {
	p := &download.Progress{Files: make([]download.File, 12), Bytes: 41_000_000, Total: 120_000_000, BytesPerSecond: 8_200_000}
	p.Counts[download.Done], p.Counts[download.Failed] = 3, 1
	return p
}

func init() {
	for name, scene := range map[string]func(width, height int) props{
		"marks":  marked,
		"result": withResult,
		"result_fault": func(width, height int) props {
			p := withResult(width, height)
			p.Detail.Result = &views.Result{FetchedResult: poller.FetchedResult{Pending: true, Fault: &queue.Fault{Kind: queue.ServerError, HTTP: 502, Message: "bad gateway"}}}
			return p
		},
		"slow": func(width, height int) props {
			p := marked(width, height)
			p.Table.Cursor = 0
			p.Detail = &views.Detail{Task: tasks()[0], Slow: "it has been running for more than 48s, which is far longer than the endpoint's finished tasks did"}
			p.Focus = views.OnPane
			return p
		},
		"groups": grouped,
		"groups_detail": func(width, height int) props {
			p := grouped(width, height)
			p.Groups.By = "endpoint"
			p.Detail = &views.Detail{Task: failure(), Raw: []byte(rawFailure)}
			return p
		},
		"groups_none": func(width, height int) props {
			p := screen(width, height)
			p.Groups = &views.Groups{By: "error"}
			return p
		},
		"stats": statistics,
		"stats_end": func(width, height int) props {
			p := statistics(width, height)
			p.Stats.Cursor, p.StatsScroll = 2, 1000
			return p
		},
		"transfers": func(width, height int) props {
			p := screen(width, height)
			p.Transfers = transfers()
			return p
		},
		"confirm": func(width, height int) props {
			p := marked(width, height)
			p.Dialog = &views.Dialog{Title: "Cancel 330 tasks", Body: views.QuestionBody(
				[]string{"9 running, 321 queued", "170 already ended"}, []string{"What they have made so far is lost."}, views.DialogTextWidth(width))}
			views.AddButtons(p.frame(), p.Dialog, []views.MenuItem{{Key: "y", Label: "Cancel them"}, {Key: "n", Label: "Keep"}}, 1, false)
			return p
		},
		"menu": func(width, height int) props {
			p := withResult(width, height)
			p.Dialog = &views.Dialog{Title: "Copy", Hint: "a key copies  esc close", Body: views.MenuBody([]views.MenuItem{
				{Key: "i", Label: "request id", Value: tasks()[3].Request.ID}, {Key: "o", Label: "output URL", Value: outputURL},
				{Key: "e", Label: "error text", Value: "two\nlines"},
			}, -1, "", views.DialogTextWidth(width))}
			return p
		},
	} {
		scenes[name] = scene
	}
}
