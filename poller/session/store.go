package session

import (
	"iter"

	"polltop/poller"
	"polltop/poller/store"
)

// Store keeps a session where several processes can reach it: a store.Store in a file. One of
// them holds the lease and writes; what another one writes is refused with store.ErrLost.
type Store interface {
	poller.Store

	// Acquire makes this process the one that polls, unless another one does. It returns the
	// process that polls, and whether it is this one.
	Acquire() (store.Lease, bool, error)
	// Beat shows the others that this process lives. It returns store.ErrLost if this one must
	// not poll any more.
	Beat() error
	// Release lets another process poll, until this one writes again before that.
	Release()
	// Close writes everything, and lets another process poll.
	Close() error

	// Load returns all tasks and payloads, Since those that have changed since a snapshot, of
	// known tasks also which are gone.
	Load(bases store.BaseOf) (store.Snapshot, error)
	Since(last store.Snapshot, bases store.BaseOf, known iter.Seq[int32]) (store.Snapshot, error)

	// Post leaves an order for the process that polls. Orders calls f with each, and removes
	// those without an error.
	Post(o store.Order) error
	Orders(f func(store.Order) error) error

	// Confirm has a batch that AddPayloads added sent, and Payloads returns it.
	Confirm(batch int64) error
	Payloads(batch int64, bases store.BaseOf) ([]*poller.Payload, error)
	DropPayloads(numbers []int64) error
}
