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
	// ListURL is the base URL that fal documents for its list of requests to models (page List
	// requests by endpoint). That of one's own apps ends with serverless.
	ListURL = "https://" + listHost + "/v1/models"
	// listHost is the host of fal's Platform API.
	listHost = "api.fal.ai"

	// listMost is the most requests of one page of a list, with payloads listPayloads. maxList
	// bounds the answer, in bytes.
	listMost, listPayloads, maxList = 100, 10, 64 << 20
)

// Lists reports whether the base lists the requests that a service has instead of queueing them.
func (b *Base) Lists() bool {
	return b.origin.Host == listHost || b.service == fal && (strings.HasSuffix(b.text, "/v1/models") || strings.HasSuffix(b.text, "/v1/serverless"))
}

// ListBase returns the first base that lists the requests of fal, nil for none.
func ListBase(bases []*Base) *Base {
	if at := slices.IndexFunc(bases, (*Base).Lists); at >= 0 {
		return bases[at]
	}
	return nil
}

// ListQuery says which requests to list.
type ListQuery struct {
	Base     *Base // one that Lists
	Endpoint string
	// Since is the start; zero is as the service has it: 24 hours, for a RequestID 90 days.
	Since     time.Time
	RequestID string // the only request to list; "" for all
	Payloads  bool   // asks for the inputs too
	Cursor    string // the Next of the page before; "" for the first page
}

// Listed is a request in a list, in the names of the service.
type Listed struct {
	RequestID  string `json:"request_id"`
	Endpoint   string `json:"endpoint_id"`
	SentAt     string `json:"sent_at"`
	EndedAt    string `json:"ended_at"`
	StatusCode int    `json:"status_code"`
	// Input is the JSON object with the model's parameters; nil where none is known.
	Input json.RawMessage `json:"json_input"`
}

// ListPage is a part of a list, and the cursor of the part after it, "" for none.
type ListPage struct {
	Items []Listed `json:"items"`
	Next  string   `json:"next_cursor"`
}

// ListFunc asks for a page, as Client.List does.
type ListFunc func(ctx context.Context, q ListQuery) (ListPage, *Fault)

// List asks a service for a page of its list of requests.
func (c *Client) List(ctx context.Context, q ListQuery) (ListPage, *Fault) {
	about := Request{ID: q.RequestID, Endpoint: q.Endpoint, Base: q.Base}
	o := &call{Exchange: Exchange{Kind: "list", Request: about}, method: http.MethodGet, address: q.address(), limit: maxList}
	page, fault := ask(ctx, c, o, func(got *reply) (page ListPage, fault *Fault) {
		if fault = q.Base.service.fault(got); fault == nil && (json.Unmarshal(got.body, &page) != nil || page.Items == nil) {
			fault = &Fault{Kind: BadAnswer, Message: "the answer is no list of requests: is " + q.Base.String() + " the base URL of one?"}
		}
		return page, fault
	})
	if fault != nil {
		fault.Raw = nil // it may have payloads
		return ListPage{}, fault
	}
	for i := range page.Items {
		// What was redacted is not what was submitted.
		if input := page.Items[i].Input; !bytes.HasPrefix(input, []byte("{")) || bytes.Contains(input, []byte(redacted)) {
			page.Items[i].Input = nil
		}
	}
	return page, nil
}

func (q ListQuery) address() string {
	values := url.Values{"endpoint_id": {q.Endpoint}, "limit": {strconv.Itoa(listMost)}, "request_id": {q.RequestID}, "cursor": {q.Cursor}}
	if q.Payloads {
		values["expand"], values["limit"] = []string{"payloads"}, []string{strconv.Itoa(listPayloads)}
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
