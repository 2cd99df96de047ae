package simulator

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The paths of fal's list of requests: of models, and of the user's own apps.
const (
	listSuffix         = "/requests/by-endpoint"
	modelsListPath     = "/v1/models" + listSuffix
	serverlessListPath = "/v1/serverless" + listSuffix
)

// listed is a request in the list. Assumed: without an end it has neither ended_at nor status_code.
type listed struct {
	RequestID  string          `json:"request_id"`
	Endpoint   string          `json:"endpoint_id"`
	SentAt     string          `json:"sent_at"`
	EndedAt    string          `json:"ended_at,omitempty"`
	StatusCode int             `json:"status_code,omitempty"`
	Input      json.RawMessage `json:"json_input,omitempty"`
}

// list answers with a page of the requests of an endpoint, newest first (page List requests by
// endpoint). The cursor is the page number in base64.
func (x *Exchange) list() {
	const defaultLimit, maxLimit, firstPage = "50", 100, "MQ=="
	query := x.Request.URL.Query()
	endpoint := query.Get("endpoint_id")
	limit, limitErr := strconv.Atoi(cmp.Or(query.Get("limit"), defaultLimit))
	start, startErr := parseStart(query.Get("start"))
	cursor, _ := base64.StdEncoding.DecodeString(cmp.Or(query.Get("cursor"), firstPage))
	page, cursorErr := strconv.ParseInt(string(cursor), 10, 16)
	switch {
	case endpoint == "":
		x.refuseList(http.StatusBadRequest, "validation_error", "endpoint_id: Required")
	case limitErr != nil || limit < 1 || limit > maxLimit:
		x.refuseList(http.StatusBadRequest, "validation_error", "limit: give a number from 1 to 100")
	case startErr != nil:
		x.refuseList(http.StatusBadRequest, "validation_error", "start: Invalid date")
	case cursorErr != nil || page < 1:
		x.refuseList(http.StatusBadRequest, "validation_error", "cursor: Invalid cursor")
	case !x.server.hasEndpoint(target{endpoint: endpoint, action: "create"}):
		x.refuseList(http.StatusNotFound, "not_found", "Endpoint not found: "+endpoint)
	default:
		items := x.server.listed(query, start)
		from := min((int(page)-1)*limit, len(items))
		to := min(from+limit, len(items))
		var next any
		if to < len(items) {
			next = base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(page+1, 10)))
		}
		x.JSON(http.StatusOK, map[string]any{"items": items[from:to], "next_cursor": next, "has_more": next != nil})
	}
}

// refuseList answers with an error of the list, in an assumed form.
func (x *Exchange) refuseList(code int, errorType, text string) {
	x.JSON(code, map[string]any{"error": map[string]string{"type": errorType, "message": text, "request_id": x.exchangeID()}})
}

// parseStart parses the start of a list, a time or a date; "" is 24 hours ago.
func parseStart(text string) (time.Time, error) {
	if text == "" {
		return time.Now().Add(-24 * time.Hour), nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339, text)
}

// listed returns the requests that a query selects, newest first.
func (s *Server) listed(query url.Values, start time.Time) []listed {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, items := s.elapsed(), []listed{}
	id, status := query.Get("request_id"), query.Get("status")
	for _, t := range slices.Backward(s.order) {
		item := listed{RequestID: t.id, Endpoint: t.queue.endpoint.Name, SentAt: s.wallTime(t.submittedAt).Format(time.RFC3339)}
		kind := ""
		if t.phase(now) == completed {
			item.EndedAt, item.StatusCode = s.wallTime(t.end).Format(time.RFC3339), http.StatusOK
			if failed := s.snapshotOf(t, now).plan.ResultError; failed != nil {
				item.StatusCode = failed.Code
			}
			kind = map[int]string{2: "success", 4: "user_error", 5: "error"}[item.StatusCode/100]
		}
		// A query for one request id is not bounded by start.
		selected := id == t.id || id == "" && !s.wallTime(t.submittedAt).Before(start)
		if !selected || item.Endpoint != query.Get("endpoint_id") || status != "" && status != kind {
			continue
		}
		if strings.Contains(query.Get("expand"), "payloads") {
			if item.Input = t.input; t.input == nil {
				item.Input, _ = json.Marshal(map[string]string{"prompt": t.prompt()}) // a string always encodes
			}
		}
		items = append(items, item)
	}
	return items
}
