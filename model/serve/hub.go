package serve

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"polltop/model/actions"
	"polltop/model/common"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/signal"
)

type hub struct {
	poller    poller.Tracker
	downloads actions.Downloader // nil where that is off
	log       func(text string)

	mu       sync.Mutex
	number   uint64                             // of the latest change
	tasks    map[int32]stamped[*poller.Task]    // the latest of each; nil for one that is tracked no more
	payloads map[int64]stamped[*poller.Payload] // the same
	gone     map[int32]bool                     // those that a member removed: snapshots that come late are passed over
	latest   poller.Update                      // without tasks, payloads and cancels
	members  []*member                          // the first to come first
	cancels  map[int32]*member
	ctx      context.Context // ends the dashboards, and lets nobody join any more
	end      context.CancelFunc
}

// stamped is something with the number of the change that it came with.
type stamped[T any] struct {
	latest T
	number uint64
}

func newHub(p poller.Tracker, downloads actions.Downloader, log func(string)) *hub {
	ctx, end := context.WithCancel(context.Background())
	return &hub{
		poller: p, downloads: downloads, log: log, tasks: map[int32]stamped[*poller.Task]{}, payloads: map[int64]stamped[*poller.Payload]{},
		gone: map[int32]bool{}, cancels: map[int32]*member{}, ctx: ctx, end: end,
	}
}

func (h *hub) run(ctx context.Context) {
	if h.downloads != nil {
		guard.Go(func() {
			for range h.downloads.Changed() {
				h.mu.Lock()
				for _, m := range h.members {
					m.transfers.Set()
				}
				h.mu.Unlock()
			}
		})
	}
	for {
		u, ok := h.poller.Next(ctx)
		if !ok {
			return
		}
		h.publish(u)
	}
}

func (h *hub) publish(u poller.Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(u.Dropped)
	for _, t := range u.Tasks {
		if !h.gone[t.Seq] {
			h.tasks[t.Seq] = stamped[*poller.Task]{t, h.number}
		}
	}
	for _, p := range u.Payloads {
		h.payloads[p.Number] = stamped[*poller.Payload]{p, h.number}
	}
	for _, report := range u.Cancels {
		if m := h.cancels[report.Seq]; m != nil {
			m.cancels = append(m.cancels, report)
		}
		delete(h.cancels, report.Seq)
	}
	h.latest = u
	h.latest.Tasks, h.latest.Payloads, h.latest.Cancels, h.latest.Dropped = nil, nil, nil, nil
}

// drop begins a change, with which tasks are tracked no more.
func (h *hub) drop(seqs []int32) {
	h.number++
	for _, seq := range seqs {
		h.tasks[seq] = stamped[*poller.Task]{number: h.number}
	}
	h.wake()
}

// since returns the latest update with all that came after a change.
func (h *hub) since(number uint64) poller.Update {
	u := h.latest
	for seq, t := range h.tasks {
		switch {
		case t.number <= number:
		case t.latest != nil:
			u.Tasks = append(u.Tasks, t.latest)
		case number > 0:
			u.Dropped = append(u.Dropped, seq)
		}
	}
	for _, p := range h.payloads {
		if p.number > number {
			u.Payloads = append(u.Payloads, p.latest)
		}
	}
	slices.SortFunc(u.Tasks, func(a, b *poller.Task) int { return int(a.Seq - b.Seq) })
	slices.SortFunc(u.Payloads, func(a, b *poller.Payload) int { return int(a.Number - b.Number) })
	return u
}

// wake makes all members look again at what is not a task, such as who is connected.
func (h *hub) wake() {
	for _, m := range h.members {
		m.changed.Set()
	}
}

// join adds a member. It returns an error where there is no room for one.
func (h *hub) join(who person, from string) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ctx.Err() != nil:
		return nil, fmt.Errorf("polltop serve is ending")
	case len(h.members) >= membersMost:
		return nil, fmt.Errorf("%d dashboards are open, which is the most: try again when one has closed", membersMost)
	}
	m := &member{
		poller: h.poller, hub: h, person: who, from: from, since: time.Now(),
		changed: signal.New(), transfers: signal.New(), opened: common.NoTask,
	}
	h.members = append(h.members, m)
	h.wake()
	h.log(fmt.Sprintf("%s (%s) connected from %s, %d connected now", who.name, who.role, from, len(h.members)))
	return m, nil
}

func (h *hub) leave(m *member) {
	h.mu.Lock()
	h.members = slices.DeleteFunc(h.members, func(other *member) bool { return other == m })
	maps.DeleteFunc(h.cancels, func(_ int32, asked *member) bool { return asked == m })
	close(m.transfers)
	h.wake()
	left := len(h.members)
	h.mu.Unlock()
	h.look()
	h.log(fmt.Sprintf("%s (%s) has left, %d connected now", m.person.name, m.person.role, left))
}

func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members)
}

// peers returns who is connected, as a member sees it.
func (h *hub) peers(self *member) []common.Peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	peers := make([]common.Peer, len(h.members))
	for i, m := range h.members {
		peers[i] = common.Peer{Name: m.person.name, Role: string(m.person.role), From: m.from, Since: m.since, Self: m == self}
	}
	return peers
}

// look reports to the poller what the members look at: of the tasks that they have open the
// one that was opened last, and all that are on a screen.
func (h *hub) look() {
	h.mu.Lock()
	opened, at, visible := common.NoTask, time.Time{}, map[int32]bool{}
	for _, m := range h.members {
		if m.opened != common.NoTask && m.openedAt.After(at) {
			opened, at = m.opened, m.openedAt
		}
		for _, seq := range m.visible {
			visible[seq] = true
		}
	}
	h.mu.Unlock()
	h.poller.SetViewed(opened, slices.Sorted(maps.Keys(visible)))
}

// removed reports to all members that tasks are not tracked any more.
func (h *hub) removed(tasks []*poller.Task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var seqs []int32
	for _, t := range tasks {
		seqs = append(seqs, t.Seq)
		h.gone[t.Seq] = true
	}
	h.drop(seqs)
}
