package store

import (
	"database/sql"
	"encoding/json"
	"iter"

	"polltop/poller"
	"polltop/poller/queue"
)

// Order is what a viewer wants the process that polls to do. One field is set, or Submit and Count.
type Order struct {
	// Track are requests to track.
	Track []Request `json:"track,omitempty"`
	// PollNow, Cancel and Fetch are the Seqs of the tasks concerned.
	PollNow []int32 `json:"poll_now,omitempty"`
	Cancel  []int32 `json:"cancel,omitempty"`
	Fetch   []int32 `json:"fetch,omitempty"`
	// Submit is a batch of payloads to send, once all Count of them are stored. Resubmit and GiveUp
	// are numbers of payloads.
	Submit   int64   `json:"submit,omitempty"`
	Count    int     `json:"count,omitempty"`
	Resubmit []int64 `json:"resubmit,omitempty"`
	GiveUp   []int64 `json:"give_up,omitempty"`
}

// Request is a queue.Request as it is stored.
type Request struct {
	ID       string      `json:"id"`
	Endpoint string      `json:"endpoint,omitempty"`
	Base     string      `json:"base"`
	URLs     *queue.URLs `json:"urls,omitempty"`
	Assumed  bool        `json:"assumed,omitempty"`
	Label    string      `json:"label,omitempty"`
	Input    string      `json:"input,omitempty"`
	// Cancel orders that its task is canceled.
	Cancel bool `json:"cancel,omitempty"`
}

// Requests returns requests as they are stored.
func Requests(requests []queue.Request) []Request {
	out := make([]Request, len(requests))
	for i, r := range requests {
		out[i] = Request{ID: r.ID, Endpoint: r.Endpoint, Base: r.Base.Identifier(), URLs: r.URLs, Assumed: r.EndpointAssumed, Label: r.Label, Input: r.Input}
	}
	return out
}

// Resolve returns the queue.Request.
func (r Request) Resolve(bases BaseResolver) (queue.Request, error) {
	base, err := bases(r.Base)
	return queue.Request{ID: r.ID, Endpoint: r.Endpoint, Base: base, URLs: r.URLs, EndpointAssumed: r.Assumed, Label: r.Label, Input: r.Input}, err
}

// TrackOrder returns the order to track the requests of tasks, and to cancel those whose cancel the user
// gave in this process and that was not sent. It skips nil.
func TrackOrder(tasks iter.Seq[*poller.Task]) (o Order) {
	for t := range tasks {
		if t != nil {
			o.Track = append(o.Track, Requests([]queue.Request{t.Request})...)
			o.Track[len(o.Track)-1].Cancel = t.CancelDue && t.Canceling
		}
	}
	return o
}

// Post writes an order for the process that polls, now or next. It is on disk when Post returns.
func (s *Store) Post(o Order) error {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	return s.post(o)
}

// post is Post for callers that hold writeMu.
func (s *Store) post(o Order) error {
	return explain(s.transact(true, func(tx *sql.Tx) error { return putOrder(tx, o) }))
}

func putOrder(tx *sql.Tx, o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	text := string(body)
	return ordersTable.put(tx, nil, text, checksum([]any{text}))
}

// Orders calls f with each order, oldest first, and deletes those for which f returns nil. Orders
// that don't match their checksums or can't be decoded stay. If another process polls now, it returns
// ErrLeaseLost and calls f with none.
func (s *Store) Orders(f func(Order) error) error {
	rows, err := allRows(s.conn(), ordersTable.query()+" ORDER BY id")
	if err == nil && len(rows) > 0 {
		err = s.change(false, s.checkLease)
	}
	if err != nil {
		return explain(err)
	}
	var done []any
	for _, r := range rows {
		var o Order
		body, ok := r[1].(string)
		if ok && verifyChecksum(r[1:2], r[2]) == nil && json.Unmarshal([]byte(body), &o) == nil && f(o) == nil {
			done = append(done, r[0])
		}
	}
	if len(done) == 0 {
		return nil
	}
	return s.change(false, s.ifOwner(func(tx *sql.Tx) error {
		for _, id := range done {
			if _, err := tx.Exec("DELETE FROM orders WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	}))
}
