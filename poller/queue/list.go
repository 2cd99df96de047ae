package queue

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// ListURL is the documented base URL of fal's list of requests to models (page List requests by
	// endpoint). The base URL for the user's own apps ends with serverless.
	ListURL = "https://" + listHost + "/v1/models"
	// listHost is the host of fal's Platform API.
	listHost = "api.fal.ai"

	// Bounds on a page of a list: its requests, its requests with payloads, and the bytes of the
	// answer.
	maxPageItems, maxPagePayloads, maxListBytes = 100, 10, 64 << 20
)

// Lists reports whether the base is the address of a list of requests, not of a queue.
func (b *Base) Lists() bool {
	return b.origin.Host == listHost || b.service == fal && (strings.HasSuffix(b.text, "/v1/models") || strings.HasSuffix(b.text, "/v1/serverless"))
}

// ListBase returns the first base that Lists; nil for none.
func ListBase(bases []*Base) *Base {
	if at := slices.IndexFunc(bases, (*Base).Lists); at >= 0 {
		return bases[at]
	}
	return nil
}

// ListQuery selects the requests to list.
type ListQuery struct {
	Base     *Base // one that Lists
	Endpoint string
	// Since is the start; zero is the service's default: 24 hours ago, with a RequestID 90 days.
	Since     time.Time
	RequestID string // the only request to list; "" for all
	Payloads  bool   // includes the inputs
	Cursor    string // the Next of the previous page; "" for the first page
}

// ListedRequest is a request in a list.
type ListedRequest struct {
	RequestID  string `json:"request_id"`
	Endpoint   string `json:"endpoint_id"`
	SentAt     string `json:"sent_at"`
	EndedAt    string `json:"ended_at"`
	StatusCode int    `json:"status_code"`
	// Input is the JSON object with the model's parameters; nil if unknown.
	Input json.RawMessage `json:"json_input"`
}

// ListPage is a page of a list.
type ListPage struct {
	Items []ListedRequest `json:"items"`
	Next  string          `json:"next_cursor"` // the cursor of the next page; "" for none
}

// ListFunc gets a page, as Client.List does.
type ListFunc func(ctx context.Context, q ListQuery) (ListPage, *Fault)

// List gets a page of a service's list of requests.
func (c *Client) List(ctx context.Context, q ListQuery) (ListPage, *Fault) {
	about := Request{ID: q.RequestID, Endpoint: q.Endpoint, Base: q.Base}
	o := &call{Exchange: Exchange{Kind: "list", Request: about}, method: http.MethodGet, address: q.address(), limit: maxListBytes}
	page, fault := do(ctx, c, o, func(got *reply) (page ListPage, fault *Fault) {
		if fault = q.Base.service.fault(got); fault == nil && (json.Unmarshal(got.body, &page) != nil || page.Items == nil) {
			fault = &Fault{Kind: BadAnswer, Message: "the answer is no list of requests: is " + q.Base.String() + " the base URL of one?"}
		}
		return page, fault
	})
	if fault != nil {
		fault.Raw = nil // it may contain payloads
		return ListPage{}, fault
	}
	for i := range page.Items {
		// A redacted input is not the submitted one.
		if input := page.Items[i].Input; !bytes.HasPrefix(input, []byte("{")) || bytes.Contains(input, []byte(redacted)) {
			page.Items[i].Input = nil
		}
	}
	return page, nil
}

func (q ListQuery) address() string {
	values := url.Values{"endpoint_id": {q.Endpoint}, "limit": {strconv.Itoa(maxPageItems)}, "request_id": {q.RequestID}, "cursor": {q.Cursor}}
	if q.Payloads {
		values["expand"], values["limit"] = []string{"payloads"}, []string{strconv.Itoa(maxPagePayloads)}
	}
	if !q.Since.IsZero() {
		values.Set("start", q.Since.UTC().Format(time.RFC3339))
	}
	maps.DeleteFunc(values, func(_ string, given []string) bool { return given[0] == "" })
	text := strings.TrimSuffix(q.Base.text, "/v1")
	if !strings.HasSuffix(text, "/models") && !strings.HasSuffix(text, "/serverless") {
		text += "/v1/models"
	}
	return text + "/requests/by-endpoint?" + values.Encode()
}
