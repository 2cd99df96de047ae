package simulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The paths of fal's list of requests: to models, and to one's own apps.
const (
	listPath   = "/requests/by-endpoint"
	modelsList = "/v1/models" + listPath
	ownList    = "/v1/serverless" + listPath
)

// The requests of a page of the list.
const usualPage, mostPage = 50, 100

// listed is a request in the list. Assumed: one that has not ended has neither the time of an
// end nor a code.
type listed struct {
	RequestID  string          `json:"request_id"`
	Endpoint   string          `json:"endpoint_id"`
	SentAt     string          `json:"sent_at"`
	EndedAt    string          `json:"ended_at,omitempty"`
	StatusCode int             `json:"status_code,omitempty"`
	Input      json.RawMessage `json:"json_input,omitempty"`
}

// list answers with a page of the requests of an endpoint, the latest first (page List requests
// by endpoint). The cursor encodes the number of the page.
func (x *Exchange) list() {
	values := x.Request.URL.Query()
	limit, err := strconv.Atoi(cmp.Or(values.Get("limit"), strconv.Itoa(usualPage)))
	start, startErr := startOf(values.Get("start"))
	cursor, cursorErr := base64.StdEncoding.DecodeString(cmp.Or(values.Get("cursor"), "MQ=="))
	page, pageErr := strconv.Atoi(string(cursor))
	switch endpoint := values.Get("endpoint_id"); {
	case endpoint == "":
		x.refuseList(http.StatusBadRequest, "validation_error", "endpoint_id: Required")
	case err != nil || limit < 1 || limit > mostPage:
		x.refuseList(http.StatusBadRequest, "validation_error", "limit: give a number from 1 to 100")
	case startErr != nil:
		x.refuseList(http.StatusBadRequest, "validation_error", "start: Invalid date")
	case cursorErr != nil || pageErr != nil || page < 1:
		x.refuseList(http.StatusBadRequest, "validation_error", "cursor: Invalid cursor")
	case !x.server.knows(target{endpoint: endpoint, action: "create"}):
		x.refuseList(http.StatusNotFound, "not_found", "Endpoint not found: "+endpoint)
	default:
		items := x.server.listed(values, start)
		from := min((page-1)*limit, len(items))
		to := min(from+limit, len(items))
		next := null
		if to < len(items) {
			next, _ = json.Marshal(base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(page + 1)))) // a string always encodes
		}
		x.JSON(http.StatusOK, map[string]any{"items": append([]listed{}, items[from:to]...), "next_cursor": next, "has_more": to < len(items)})
	}
}

// startOf reads the start of a list: a time, a date, or none for 24 hours ago.
func startOf(text string) (time.Time, error) {
	if text == "" {
		return time.Now().Add(-24 * time.Hour), nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339, text)
}

// listed returns the requests that a query asks for.
func (s *Server) listed(values url.Values, start time.Time) (items []listed) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.elapsed()
	id, status := values.Get("request_id"), values.Get("status")
	for i := len(s.order) - 1; i >= 0; i-- {
		t := s.order[i]
		// With a request id, the list goes 90 days back.
		if t.queue.endpoint.Name != values.Get("endpoint_id") || id != "" && id != t.id || id == "" && s.clock(t.sent).Before(start) {
			continue
		}
		item := listed{RequestID: t.id, Endpoint: t.queue.endpoint.Name, SentAt: s.clock(t.sent).Format(time.RFC3339)}
		kind := ""
		if t.phase(now) == completed {
			item.EndedAt, item.StatusCode = s.clock(t.end).Format(time.RFC3339), s.codeOf(s.viewOf(t, now))
			kind = map[int]string{2: "success", 4: "user_error", 5: "error"}[item.StatusCode/100]
		}
		if status != "" && status != kind {
			continue
		}
		if strings.Contains(values.Get("expand"), "payloads") {
			if item.Input = t.input; t.input == nil {
				item.Input, _ = json.Marshal(map[string]string{"prompt": t.prompt()}) // a string always encodes
			}
		}
		items = append(items, item)
	}
	return items
}

// codeOf returns the HTTP status code of the result of a task that has ended.
func (s *Server) codeOf(v view) int {
	switch {
	case v.plan.ResultError != nil:
		return v.plan.ResultError.Code
	case v.plan.Outcome.Failed():
		return cmp.Or(s.dialect.errorCodes[v.plan.Outcome.ErrorType], http.StatusInternalServerError)
	}
	return http.StatusOK
}

// refuseList answers with an error of the list. Assumed: its form.
func (x *Exchange) refuseList(code int, kind, text string) {
	x.JSON(code, map[string]any{"error": map[string]string{"type": kind, "message": text, "request_id": x.callID()}})
}
