package simulator

// ResultError is what a request for a result answers instead of the work. At fal it
// is the only place that tells a model's own errors: their status is COMPLETED
// without an error.
type ResultError struct {
	// Code is the HTTP status code, such as 422.
	Code int
	// Type is the error type: in the header, and in the body beside Text. It is in
	// the header alone with TypeInHeaderOnly, and where there are Details.
	Type             string
	TypeInHeaderOnly bool
	// Text is the body's detail as a text, Details as a list; one of them is set.
	Text    string
	Details []Detail
	// Upstream is what the provider behind the service said.
	Upstream string
	// Retryable is the header X-Fal-Retryable, true or false; empty leaves it out.
	Retryable string
}

// Detail is an entry of the list that models answer with.
type Detail struct {
	Loc   []any          `json:"loc"`
	Msg   string         `json:"msg"`
	Type  string         `json:"type"`
	Ctx   map[string]any `json:"ctx,omitempty"`
	Input any            `json:"input,omitempty"`
	URL   string         `json:"url,omitempty"`
}

// resultError answers with an error, whose type is in the header of that name.
func (x *Exchange) resultError(e ResultError, header string) {
	if e.Type != "" {
		x.Writer.Header().Set(header, e.Type)
	}
	if e.Retryable != "" {
		x.Writer.Header().Set("X-Fal-Retryable", e.Retryable)
	}
	if e.Details != nil {
		x.JSON(e.Code, map[string][]Detail{"detail": e.Details})
		return
	}
	body := struct {
		Detail   string `json:"detail"`
		Type     string `json:"error_type,omitempty"`
		Upstream string `json:"upstream_detail,omitempty"`
	}{e.Text, e.Type, e.Upstream}
	if e.TypeInHeaderOnly {
		body.Type = ""
	}
	x.JSON(e.Code, body)
}

// units returns how much the result costs, in what the service counts: seconds of
// video or outputs.
func (t *task) units() int {
	if t.queue.endpoint.Video {
		return int(t.product(1).duration)
	}
	return t.outputs()
}
