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

// hub distributes the updates of one poller to the members.
type hub struct {
	poller    poller.Tracker
	downloads actions.Downloader // nil if downloads are off
	log       func(text string)

	mu           sync.Mutex                           // guards all below
	version      uint64                               // counts the changes
	tasks        map[int32]versioned[*poller.Task]    // by Seq
	dropped      map[int32]uint64                     // by Seq: the version in which its last task was dropped
	payloads     map[int64]versioned[*poller.Payload] // by number
	removedTasks map[int32]bool                       // tasks that a member removed: their late snapshots are ignored
	lastUpdate   poller.Update                        // without tasks, payloads and cancels
	members      []*member                            // in the order in which they joined
	cancelers    map[int32]*member                    // who canceled a task, until its report
	ctx          context.Context                      // ends the dashboards; nobody joins after its end
	end          context.CancelFunc
}

// versioned is a snapshot with the version in which it came.
type versioned[T any] struct {
	snapshot T
	version  uint64
}

func newHub(p poller.Tracker, downloads actions.Downloader, log func(string)) *hub {
	ctx, end := context.WithCancel(context.Background())
	return &hub{
		poller: p, downloads: downloads, log: log, tasks: map[int32]versioned[*poller.Task]{}, payloads: map[int64]versioned[*poller.Payload]{},
		dropped: map[int32]uint64{}, removedTasks: map[int32]bool{}, cancelers: map[int32]*member{}, ctx: ctx, end: end,
	}
}

// run applies the poller's updates until ctx ends.
func (h *hub) run(ctx context.Context) {
	if h.downloads != nil {
		guard.Go(func() {
			for range h.downloads.Changed() {
				h.mu.Lock()
				for _, m := range h.members {
					m.downloadsChanged.Set()
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
		h.apply(u)
	}
}

func (h *hub) apply(u poller.Update) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.beginVersion(u.Dropped)
	for _, seq := range u.Dropped {
		delete(h.removedTasks, seq) // another task may have the Seq now
	}
	for _, t := range u.Tasks {
		// Another process that polls does not know of removals here, and has other tasks by their Seqs.
		if !h.removedTasks[t.Seq] || u.Persistence.PolledBy != "" {
			h.tasks[t.Seq] = versioned[*poller.Task]{t, h.version}
		}
	}
	for _, p := range u.Payloads {
		h.payloads[p.Number] = versioned[*poller.Payload]{p, h.version}
	}
	for _, report := range u.Cancels {
		if m := h.cancelers[report.Seq]; m != nil {
			m.cancels = append(m.cancels, report)
		}
		delete(h.cancelers, report.Seq)
	}
	h.lastUpdate = u
	h.lastUpdate.Tasks, h.lastUpdate.Payloads, h.lastUpdate.Cancels, h.lastUpdate.Dropped = nil, nil, nil, nil
}

// beginVersion begins a version, in which some tasks are no longer tracked, and notifies the members. The
// caller must hold mu.
func (h *hub) beginVersion(seqs []int32) {
	h.version++
	for _, seq := range seqs {
		delete(h.tasks, seq)
		h.dropped[seq] = h.version
	}
	h.notifyMembers()
}

// since returns the last update with all changes after a version, 0 for a member that has nothing yet. A
// Seq may be both dropped and that of another task. The caller must hold mu.
func (h *hub) since(version uint64) poller.Update {
	u := h.lastUpdate
	for seq, dropped := range h.dropped {
		if version > 0 && dropped > version {
			u.Dropped = append(u.Dropped, seq)
		}
	}
	for _, t := range h.tasks {
		if t.version > version {
			u.Tasks = append(u.Tasks, t.snapshot)
		}
	}
	for _, p := range h.payloads {
		if p.version > version {
			u.Payloads = append(u.Payloads, p.snapshot)
		}
	}
	slices.SortFunc(u.Tasks, func(a, b *poller.Task) int { return int(a.Seq - b.Seq) })
	slices.SortFunc(u.Payloads, func(a, b *poller.Payload) int { return int(a.Number - b.Number) })
	return u
}

// notifyMembers makes an update for all members, also of who is connected. The caller must hold mu.
func (h *hub) notifyMembers() {
	for _, m := range h.members {
		m.changed.Set()
	}
}

// join adds a member. It returns an error if there are maxMembers, or the server is ending.
func (h *hub) join(who person, from string) (*member, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.ctx.Err() != nil:
		return nil, fmt.Errorf("polltop serve is ending")
	case len(h.members) >= maxMembers:
		return nil, fmt.Errorf("%d dashboards are open, which is the most: try again when one has closed", maxMembers)
	}
	m := &member{
		poller: h.poller, hub: h, person: who, from: from, since: time.Now(),
		changed: signal.New(), downloadsChanged: signal.New(), opened: common.NoTask,
	}
	h.members = append(h.members, m)
	h.notifyMembers()
	h.log(fmt.Sprintf("%s (%s) connected from %s, %d connected now", who.name, who.role, from, len(h.members)))
	return m, nil
}

func (h *hub) leave(m *member) {
	h.mu.Lock()
	h.members = slices.DeleteFunc(h.members, func(other *member) bool { return other == m })
	maps.DeleteFunc(h.cancelers, func(_ int32, canceler *member) bool { return canceler == m })
	close(m.downloadsChanged)
	h.notifyMembers()
	left := len(h.members)
	h.mu.Unlock()
	h.reportViewed()
	h.log(fmt.Sprintf("%s (%s) has left, %d connected now", m.person.name, m.person.role, left))
}

func (h *hub) memberCount() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.members)
}

// peers returns all members, with Self set for one of them.
func (h *hub) peers(self *member) []common.Peer {
	h.mu.Lock()
	defer h.mu.Unlock()
	peers := make([]common.Peer, len(h.members))
	for i, m := range h.members {
		peers[i] = common.Peer{Name: m.person.name, Role: string(m.person.role), From: m.from, Since: m.since, Self: m == self}
	}
	return peers
}

// reportViewed reports to the poller what the members see: the open task that was opened last, and all
// tasks on their screens.
func (h *hub) reportViewed() {
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

// publishRemoval reports to all members that one of them removed tasks.
func (h *hub) publishRemoval(tasks []*poller.Task) {
	h.mu.Lock()
	defer h.mu.Unlock()
	var seqs []int32
	for _, t := range tasks {
		seqs = append(seqs, t.Seq)
		h.removedTasks[t.Seq] = true
	}
	h.beginVersion(seqs)
}
