package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// streamPause is how long a stream waits between two looks at a task.
const streamPause = 100 * time.Millisecond

// stream answers GET R/status/stream, which fal alone has (page Asynchronous Inference): a
// server-sent event for each change of the status, until the end.
func (x *Exchange) stream() {
	x.setID()
	x.Writer.Header().Set("Content-Type", "text/event-stream")
	controller := http.NewResponseController(x.Writer)
	for last := ""; ; {
		x.server.mu.Lock()
		v := x.server.viewOf(x.task, x.server.elapsed())
		x.server.mu.Unlock()
		// A struct of texts and numbers always encodes.
		body, _ := json.Marshal(x.statusAnswer(x.target.id, x.target.endpoint, v, false))
		if text := string(body); text != last {
			last = text
			if _, err := io.WriteString(x.Writer, "data: "+text+"\n\n"); err != nil || controller.Flush() != nil {
				return
			}
		}
		if v.phase == completed {
			x.ShowedEnd = true
			return
		}
		select {
		case <-time.After(streamPause):
		case <-x.Request.Context().Done():
			return
		}
	}
}

// wantsWebhook reports whether a create request names a webhook. The simulator calls nobody,
// and SeaCloud refuses them (page Errors and Limitations).
func (x *Exchange) wantsWebhook(input map[string]json.RawMessage) bool {
	query := x.Request.URL.Query()
	for _, name := range []string{"webhook", "webhook_url", "fal_webhook"} {
		if _, inBody := input[name]; inBody || query.Has(name) {
			return true
		}
	}
	return false
}
