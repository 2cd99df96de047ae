package session

import "polltop/poller"

// AddPayloads adds the payloads that next returns with their parameters, until io.EOF, and has
// the process that polls send them. They are on disk when it returns. On an error none is added.
func (s *Session) AddPayloads(next func() (*poller.Payload, []byte, error)) (n int, err error) {
	kept, _ := s.kept()
	if kept == nil {
		_, err := s.state()
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
	if kept, _ := s.kept(); kept != nil {
		return kept.Input(number)
	}
	return nil, false
}
