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

// The paths of fal's list of requests: to models, and to one's own apps.
const (
	listPath   = "/requests/by-endpoint"
	modelsList = "/v1/models" + listPath
	ownList    = "/v1/serverless" + listPath
)

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
	const usualLimit, mostLimit, firstPage = "50", 100, "MQ=="
	query := x.Request.URL.Query()
	endpoint := query.Get("endpoint_id")
	limit, limitErr := strconv.Atoi(cmp.Or(query.Get("limit"), usualLimit))
	start, startErr := startOf(query.Get("start"))
	cursor, _ := base64.StdEncoding.DecodeString(cmp.Or(query.Get("cursor"), firstPage))
	page, cursorErr := strconv.Atoi(string(cursor))
	switch {
	case endpoint == "":
		x.refuseList(http.StatusBadRequest, "validation_error", "endpoint_id: Required")
	case limitErr != nil || limit < 1 || limit > mostLimit:
		x.refuseList(http.StatusBadRequest, "validation_error", "limit: give a number from 1 to 100")
	case startErr != nil:
		x.refuseList(http.StatusBadRequest, "validation_error", "start: Invalid date")
	case cursorErr != nil || page < 1:
		x.refuseList(http.StatusBadRequest, "validation_error", "cursor: Invalid cursor")
	case !x.server.knows(target{endpoint: endpoint, action: "create"}):
		x.refuseList(http.StatusNotFound, "not_found", "Endpoint not found: "+endpoint)
	default:
		items := x.server.listed(query, start)
		from := min((page-1)*limit, len(items))
		to := min(from+limit, len(items))
		var next any
		if to < len(items) {
			next = base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(page + 1)))
		}
		x.JSON(http.StatusOK, map[string]any{"items": items[from:to], "next_cursor": next, "has_more": next != nil})
	}
}

// refuseList answers with an error of the list. Assumed: its form.
func (x *Exchange) refuseList(code int, kind, text string) {
	x.JSON(code, map[string]any{"error": map[string]string{"type": kind, "message": text, "request_id": x.callID()}})
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

func (s *Server) listed(query url.Values, start time.Time) []listed {
	s.mu.Lock()
	defer s.mu.Unlock()
	now, items := s.elapsed(), []listed{}
	id, status := query.Get("request_id"), query.Get("status")
	for _, t := range slices.Backward(s.order) {
		item := listed{RequestID: t.id, Endpoint: t.queue.endpoint.Name, SentAt: s.clock(t.sent).Format(time.RFC3339)}
		kind := ""
		if t.phase(now) == completed {
			item.EndedAt, item.StatusCode = s.clock(t.end).Format(time.RFC3339), http.StatusOK
			if failed := s.viewOf(t, now).plan.ResultError; failed != nil {
				item.StatusCode = failed.Code
			}
			kind = map[int]string{2: "success", 4: "user_error", 5: "error"}[item.StatusCode/100]
		}
		// With a request id, the list goes 90 days back.
		wanted := id == t.id || id == "" && !s.clock(t.sent).Before(start)
		if !wanted || item.Endpoint != query.Get("endpoint_id") || status != "" && status != kind {
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
