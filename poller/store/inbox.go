package store

import (
	"database/sql"
	"encoding/json"
	"iter"

	"polltop/poller"
	"polltop/poller/queue"
)

// Order is a request of a viewer to the process that polls. One field is set, and Count with Submit.
type Order struct {
	// Track are requests to track.
	Track []Request `json:"track,omitempty"`
	// PollNow, Cancel and Fetch are the Seqs of the tasks concerned.
	PollNow []int32 `json:"poll_now,omitempty"`
	Cancel  []int32 `json:"cancel,omitempty"`
	Fetch   []int32 `json:"fetch,omitempty"`
	// Submit is a batch of payloads to send, once all Count of them are there; Resubmit and
	// GiveUp are the numbers of payloads.
	Submit   int64   `json:"submit,omitempty"`
	Count    int     `json:"count,omitempty"`
	Resubmit []int64 `json:"resubmit,omitempty"`
	GiveUp   []int64 `json:"give_up,omitempty"`
}

// Request is a queue.Request on disk.
type Request struct {
	ID       string      `json:"id"`
	Endpoint string      `json:"endpoint,omitempty"`
	Base     string      `json:"base"`
	URLs     *queue.URLs `json:"urls,omitempty"`
	Assumed  bool        `json:"assumed,omitempty"`
	Label    string      `json:"label,omitempty"`
	Input    string      `json:"input,omitempty"`
	// Cancel has its task canceled.
	Cancel bool `json:"cancel,omitempty"`
}

// Requests returns requests for an Order.
func Requests(requests []queue.Request) []Request {
	out := make([]Request, len(requests))
	for i, r := range requests {
		out[i] = Request{ID: r.ID, Endpoint: r.Endpoint, Base: r.Base.Identifier(), URLs: r.URLs, Assumed: r.EndpointAssumed, Label: r.Label, Input: r.Input}
	}
	return out
}

// Resolve returns the request of an Order.
func (r Request) Resolve(bases BaseOf) (queue.Request, error) {
	base, err := bases(r.Base)
	return queue.Request{ID: r.ID, Endpoint: r.Endpoint, Base: base, URLs: r.URLs, EndpointAssumed: r.Assumed, Label: r.Label, Input: r.Input}, err
}

// TrackOrder returns the order to track the requests of tasks, nil for none, and to cancel those that
// the user canceled in this process and the service does not know of.
func TrackOrder(tasks iter.Seq[*poller.Task]) (o Order) {
	for t := range tasks {
		if t != nil {
			o.Track = append(o.Track, Requests([]queue.Request{t.Request})...)
			o.Track[len(o.Track)-1].Cancel = t.CancelDue && t.Canceling
		}
	}
	return o
}

// Post writes an order for the process that polls. It is on disk when Post returns, so that
// the next such process gets it if this one ends.
func (s *Store) Post(o Order) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.post(o)
}

// post writes an order. The caller holds the lock on writing.
func (s *Store) post(o Order) error {
	return plainly(s.transact(true, func(tx *sql.Tx) error { return putOrder(tx, o) }))
}

func putOrder(tx *sql.Tx, o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	text := string(body)
	return ordersTable.put(tx, nil, text, checksum([]any{text}))
}

// Orders calls f with each order, oldest first, and deletes those without an error. An order
// that this program does not understand, or that does not match its checksum, stays. Orders does
// nothing unless this process polls.
func (s *Store) Orders(f func(Order) error) error {
	rows, err := allRows(s.conn(), ordersTable.query()+" ORDER BY id")
	if err == nil && len(rows) > 0 {
		err = s.change(false, s.checkLease)
	}
	if err != nil {
		return plainly(err)
	}
	var done []any
	for _, r := range rows {
		var o Order
		body, ok := r[1].(string)
		if ok && checkSum(r[1:2], r[2]) == nil && json.Unmarshal([]byte(body), &o) == nil && f(o) == nil {
			done = append(done, r[0])
		}
	}
	if len(done) == 0 {
		return nil
	}
	return s.change(false, s.owned(func(tx *sql.Tx) error {
		for _, id := range done {
			if _, err := tx.Exec("DELETE FROM orders WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	}))
}
