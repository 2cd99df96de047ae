package session

import (
	"errors"

	"polltop/poller"
	"polltop/poller/store"
)

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and has
// the process that polls send them. They are on disk when it returns. On an error none is added.
func (s *Session) AddPayloads(next func() (*poller.Payload, []byte, error)) (n int, err error) {
	kept, err := s.usable()
	if err != nil {
		return 0, err
	}
	batch, n, err := kept.AddPayloads(next)
	if err != nil || n == 0 {
		return 0, err
	}
	if err := kept.Confirm(batch); err != nil {
		return 0, err
	}
	s.do(func(r poller.Tracker) {
		// Another process finds the order that Confirm left.
		if o, polls := r.(*owner); polls {
			err = s.submit(o.Poller, batch)
		}
	})
	return n, err
}

// Input returns the parameters in a payload, and whether they are stored.
func (s *Session) Input(number int64) ([]byte, bool) {
	kept, err := s.usable()
	if err != nil {
		return nil, false
	}
	return kept.Input(number)
}

// usable returns the store, or why there is none.
func (s *Session) usable() (Store, error) {
	s.mu.Lock()
	kept := s.store
	s.mu.Unlock()
	if kept == nil {
		return nil, s.why()
	}
	return kept, nil
}

// Resubmit sends payloads again. It returns how many the poller took, or all where another
// process polls.
func (s *Session) Resubmit(numbers ...int64) (n int) {
	s.do(func(r poller.Tracker) { n = r.Resubmit(numbers...) })
	return n
}

// GiveUp has payloads not sent any more.
func (s *Session) GiveUp(numbers ...int64) { s.do(func(r poller.Tracker) { r.GiveUp(numbers...) }) }

// AddPayloads and Input are the session's own.
func (v *viewer) AddPayloads(func() (*poller.Payload, []byte, error)) (int, error) {
	return 0, errors.ErrUnsupported
}
func (v *viewer) Input(number int64) ([]byte, bool) { return v.store.Input(number) }

// Resubmit and GiveUp leave an order for the polling process.
func (v *viewer) Resubmit(numbers ...int64) int {
	v.order(store.Order{Resubmit: numbers})
	return len(numbers)
}

func (v *viewer) GiveUp(numbers ...int64) { v.order(store.Order{GiveUp: numbers}) }
