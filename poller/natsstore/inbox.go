package natsstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"polltop/poller"
	"polltop/poller/store"
)

const (
	// ackWait is after how long an order is delivered again that was not executed, as to the next
	// process that polls.
	ackWait = 5 * time.Second
	// againAfter is after how long an order comes again that failed, as one to submit a batch that
	// is not complete.
	againAfter = time.Second
	// inboxMost bounds the orders that are delivered and not yet stored.
	inboxMost = 128
	// aboutHeader is the header of a payload in the inbox.
	aboutHeader = "Polltop-Payload"
)

// Post leaves an order for the process that polls. It is stored when Post returns.
func (s *Store) Post(o store.Order) error {
	if len(o.Track) > 0 {
		return s.explain(s.postTrack(s.private(o.Track)))
	}
	return s.explain(s.post(o))
}

// private returns requests without their parameters, unless these are shared.
func (s *Store) private(requests []store.Request) []store.Request {
	left := 0
	requests = slices.Clone(requests)
	for i := range requests {
		if !s.share && requests[i].Input != "" {
			requests[i].Input = ""
			left++
		}
	}
	if left > 0 {
		s.report(fmt.Sprintf("the inputs of %d tasks are left out: %v", left, ErrNotShared))
	}
	return requests
}

// postTrack leaves requests, in as many orders as the server's limit wants.
func (s *Store) postTrack(requests []store.Request) error {
	if len(requests) == 0 {
		return nil
	}
	err := s.post(store.Order{Track: requests})
	if half := len(requests) / 2; errors.Is(err, nats.ErrMaxPayload) && half > 0 {
		return errors.Join(s.postTrack(requests[:half]), s.postTrack(requests[half:]))
	}
	return err
}

func (s *Store) post(o store.Order) error {
	body, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return s.send(body, nil)
}

func (s *Store) send(body []byte, header nats.Header) error {
	_, err := s.js.PublishMsg(context.Background(), &nats.Msg{Subject: s.subject(), Data: body, Header: header})
	return err
}

// listen receives the orders. The caller holds writing.
func (s *Store) listen(ctx context.Context) error {
	consumer, err := s.js.CreateOrUpdateConsumer(ctx, s.bucket+"_inbox", jetstream.ConsumerConfig{
		Durable: "poller", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: inboxMost,
	})
	if err != nil {
		return err
	}
	consume, err := consumer.Consume(func(msg jetstream.Msg) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.inbox = append(s.inbox, msg)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopListening()
	s.consume = consume
	return err
}

// stopListening drops the orders that are not executed: they are delivered again. The caller holds
// mu.
func (s *Store) stopListening() {
	if s.consume != nil {
		s.consume.Stop()
	}
	s.consume, s.inbox, s.done = nil, nil, nil
}

// Orders calls f with each order. Those without an error are removed once what they changed is
// stored. Orders does nothing unless this process polls.
func (s *Store) Orders(f func(store.Order) error) error {
	s.mu.Lock()
	left := s.inbox
	s.inbox = nil
	if !s.holds() {
		left = nil
	}
	s.mu.Unlock()
	var done []jetstream.Msg
	for _, msg := range left {
		if s.execute(msg, f) != nil {
			_ = msg.NakWithDelay(againAfter) // else it comes again after ackWait
			continue
		}
		done = append(done, msg)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, done...)
	s.wake.Set()
	return nil
}

func (s *Store) execute(msg jetstream.Msg, f func(store.Order) error) error {
	if about := msg.Headers().Get(aboutHeader); about != "" {
		d := draft{payload: &poller.Payload{}, about: []byte(about), input: msg.Data()}
		if err := json.Unmarshal(d.about, d.payload); err != nil {
			return err
		}
		return s.writeNow(func(ctx context.Context) error { return s.add(ctx, d) })
	}
	var o store.Order
	if err := json.Unmarshal(msg.Data(), &o); err != nil {
		return err // of a newer polltop: it stays
	}
	if s.batchSize(o.Submit) < o.Count {
		return fmt.Errorf("batch %d is not complete", o.Submit) // it comes again
	}
	return f(o)
}
