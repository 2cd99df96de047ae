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
	// ackWait is the time after which an order that was not acknowledged is delivered again, to this
	// process or to the next one that polls.
	ackWait = 5 * time.Second
	// retryDelay is the time after which a failed order is delivered again, such as one to submit a batch
	// that is not complete.
	retryDelay = time.Second
	// maxPendingOrders bounds the orders that are delivered and not yet acknowledged.
	maxPendingOrders = 128
	// aboutHeader is the header of a payload in the inbox.
	aboutHeader = "Polltop-Payload"
)

// Post leaves an order for the process that polls. It is stored when Post returns.
func (s *Store) Post(o store.Order) error {
	if len(o.Track) > 0 {
		return s.explain(s.postTrack(s.withoutInputs(o.Track)))
	}
	return s.explain(s.post(o))
}

// withoutInputs returns requests without their parameters, unless these are shared.
func (s *Store) withoutInputs(requests []store.Request) []store.Request {
	omitted := 0
	requests = slices.Clone(requests)
	for i := range requests {
		if !s.sharePayloads && requests[i].Input != "" {
			requests[i].Input = ""
			omitted++
		}
	}
	if omitted > 0 {
		s.report(fmt.Sprintf("the inputs of %d tasks are left out: %v", omitted, ErrNotShared))
	}
	return requests
}

// postTrack leaves orders to track requests. It splits them to respect the server's limit.
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
	return s.publishOrder(body, nil)
}

func (s *Store) publishOrder(body []byte, header nats.Header) error {
	_, err := s.js.PublishMsg(context.Background(), &nats.Msg{Subject: s.subject(), Data: body, Header: header})
	return err
}

// startConsuming starts receiving orders. The caller must hold writeMu.
func (s *Store) startConsuming(ctx context.Context) error {
	consumer, err := s.js.CreateOrUpdateConsumer(ctx, s.bucket+"_inbox", jetstream.ConsumerConfig{
		Durable: "poller", AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxAckPending: maxPendingOrders,
	})
	if err != nil {
		return err
	}
	consume, err := consumer.Consume(func(msg jetstream.Msg) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.orders = append(s.orders, msg)
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopConsuming()
	s.consuming = consume
	return err
}

// stopConsuming drops the orders that are not acknowledged, which are delivered again. The caller must
// hold mu.
func (s *Store) stopConsuming() {
	if s.consuming != nil {
		s.consuming.Stop()
	}
	s.consuming, s.orders, s.executed = nil, nil, nil
}

// Orders calls f with each order. It acknowledges those for which f returns nil once their changes are
// stored. Orders does nothing unless this process polls.
func (s *Store) Orders(f func(store.Order) error) error {
	s.mu.Lock()
	received := s.orders
	s.orders = nil
	if !s.holdsLease() {
		received = nil
	}
	s.mu.Unlock()
	var executed []jetstream.Msg
	for _, msg := range received {
		if s.executeOrder(msg, f) != nil {
			_ = msg.NakWithDelay(retryDelay) // without it the order is delivered again after ackWait
			continue
		}
		executed = append(executed, msg)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.executed = append(s.executed, executed...)
	s.writeDue.Set()
	return nil
}

func (s *Store) executeOrder(msg jetstream.Msg, f func(store.Order) error) error {
	if about := msg.Headers().Get(aboutHeader); about != "" {
		d := draft{payload: &poller.Payload{}, about: []byte(about), input: msg.Data()}
		if err := json.Unmarshal(d.about, d.payload); err != nil {
			return err
		}
		return s.writeNow(func(ctx context.Context) error { return s.addDrafts(ctx, d) })
	}
	var o store.Order
	if err := json.Unmarshal(msg.Data(), &o); err != nil {
		return err // a newer polltop wrote it: it stays
	}
	if s.batchSize(o.Submit) < o.Count {
		return fmt.Errorf("batch %d is not complete", o.Submit) // it is delivered again
	}
	return f(o)
}
