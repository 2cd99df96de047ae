package store

import (
	"database/sql"
	"encoding/json"

	"polltop/poller/queue"
)

// Order is what a viewer asks the process to do that polls. Exactly one of its
// fields says something.
type Order struct {
	// Track are requests to track.
	Track []Request `json:"track,omitempty"`
	// PollNow, Cancel and Fetch are the Seqs of tasks to do that with.
	PollNow []int32 `json:"poll_now,omitempty"`
	Cancel  []int32 `json:"cancel,omitempty"`
	Fetch   []int32 `json:"fetch,omitempty"`
}

// Request is a queue.Request on disk.
type Request struct {
	ID       string      `json:"id"`
	Endpoint string      `json:"endpoint,omitempty"`
	Base     string      `json:"base"`
	URLs     *queue.URLs `json:"urls,omitempty"`
	Assumed  bool        `json:"assumed,omitempty"`
}

// Requests returns requests as an Order holds them.
func Requests(requests []queue.Request) []Request {
	out := make([]Request, len(requests))
	for i, r := range requests {
		out[i] = Request{ID: r.ID, Endpoint: r.Endpoint, Base: r.Base.String(), URLs: r.URLs, Assumed: r.Assumed}
	}
	return out
}

// Post leaves an order for the process that polls. It is on disk when Post
// returns, so that it reaches the next if this one ends.
func (s *Store) Post(o Order) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.post(o)
}

// post leaves an order. The caller holds the lock on writing.
func (s *Store) post(o Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	if _, err := s.db.Exec("PRAGMA synchronous = FULL"); err != nil {
		return plainly(err)
	}
	defer s.db.Exec("PRAGMA synchronous = NORMAL")
	_, err = s.db.Exec("INSERT INTO inbox (body) VALUES (?)", body)
	return plainly(err)
}

// Orders hands the orders that were left to f, in their order, and takes those out
// that f has done. One that f has not, or that this program does not understand,
// is left. Without the lease nothing is done.
func (s *Store) Orders(f func(Order) error) error {
	s.writing.Lock()
	err := s.transact(s.holds)
	s.writing.Unlock()
	if err != nil {
		return plainly(err)
	}
	rows, err := s.db.Query("SELECT id, body FROM inbox ORDER BY id")
	if err != nil {
		return plainly(err)
	}
	var ids, done []int64
	var orders []Order
	for rows.Next() {
		var id int64
		var body sql.RawBytes
		if err := rows.Scan(&id, &body); err != nil {
			rows.Close()
			return plainly(err)
		}
		var o Order
		if json.Unmarshal(body, &o) == nil {
			ids, orders = append(ids, id), append(orders, o)
		}
	}
	if err := rows.Close(); err != nil || len(ids) == 0 {
		return plainly(err)
	}
	for i, o := range orders {
		if f(o) == nil {
			done = append(done, ids[i])
		}
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	return plainly(s.transact(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		for _, id := range done {
			if _, err := tx.Exec("DELETE FROM inbox WHERE id = ?", id); err != nil {
				return err
			}
		}
		return nil
	}))
}
