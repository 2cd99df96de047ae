package store

import (
	"database/sql"
	"encoding/json"

	"polltop/poller/queue"
)

// Order is a request of a viewer to the process that polls. Exactly one field is set.
type Order struct {
	// Track are requests to track.
	Track []Request `json:"track,omitempty"`
	// PollNow, Cancel and Fetch are the Seqs of the tasks concerned.
	PollNow []int32 `json:"poll_now,omitempty"`
	Cancel  []int32 `json:"cancel,omitempty"`
	Fetch   []int32 `json:"fetch,omitempty"`
	// Submit is a batch of payloads to send, Resubmit and GiveUp the numbers of payloads.
	Submit   int64   `json:"submit,omitempty"`
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
}

// Requests returns requests for an Order.
func Requests(requests []queue.Request) []Request {
	out := make([]Request, len(requests))
	for i, r := range requests {
		out[i] = Request{ID: r.ID, Endpoint: r.Endpoint, Base: r.Base.Named(), URLs: r.URLs, Assumed: r.Assumed, Label: r.Label, Input: r.Input}
	}
	return out
}

// Post writes an order for the process that polls. It is on disk when Post returns, so that
// the next such process gets it if this one ends.
func (s *Store) Post(o Order) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.post(o)
}

// HandOver has the process that polls the session now track requests that this one has polled.
func (s *Store) HandOver(requests []Request) error {
	if err := s.Reopen(); err != nil || len(requests) == 0 {
		return err
	}
	return s.Post(Order{Track: requests})
}

// post writes an order. The caller holds the lock on writing.
func (s *Store) post(o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return plainly(s.transactDurably(func(tx *sql.Tx) error { return putOrder(tx, string(body)) }))
}

// putOrder inserts an order.
func putOrder(tx *sql.Tx, body string) error {
	_, err := tx.Exec("INSERT INTO orders (body, sum) VALUES (?, ?)", body, checksum([]any{body}))
	return err
}

// Orders calls f with each order, oldest first, and deletes those without an error. An order
// that this program does not understand stays; one that does not match its checksum is put
// aside. Orders does nothing unless this process polls.
func (s *Store) Orders(f func(Order) error) error {
	s.writing.Lock()
	err := s.transact(s.holds)
	s.writing.Unlock()
	if err != nil {
		return plainly(err)
	}
	orders, bad, err := s.readOrders()
	if err != nil || len(orders)+len(bad) == 0 {
		return plainly(err)
	}
	var done []int64
	for _, o := range orders {
		if f(o.Order) == nil {
			done = append(done, o.id)
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return plainly(s.transact(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		for _, b := range bad {
			if err := moveAside(tx, b); err != nil {
				return err
			}
		}
		for _, id := range done {
			if _, err := tx.Exec("DELETE FROM orders WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	}))
}

// leftOrder is an order in the database.
type leftOrder struct {
	Order
	id int64
}

// readOrders returns the orders, oldest first, and the rows that do not match their
// checksum. It skips orders that this program does not understand.
func (s *Store) readOrders() (orders []leftOrder, bad []badRow, err error) {
	rows, err := allRows(s.conn(), "SELECT id, body, sum FROM orders ORDER BY id")
	for _, r := range rows {
		o := leftOrder{id: r[0].(int64)}
		body, ok := r[1].(string)
		if !ok || r[2] != checksum(r[1:2]) {
			bad = append(bad, badRow{origin: "orders", why: errRecord.Error(), names: []string{"id", "body"}, values: r[:2]})
		} else if json.Unmarshal([]byte(body), &o.Order) == nil {
			orders = append(orders, o)
		}
	}
	return orders, bad, err
}
