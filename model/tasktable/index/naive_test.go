package index

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
)

// naive is what an Index is, written plainly: it sorts and filters everything
// each time that it is asked.
type naive struct {
	tasks      map[int32]*poller.Task
	gone       map[int32]bool
	tab        views.Tab
	terms      []naiveTerm
	odd        bool // only tasks with an odd seq, as a match may say
	column     views.Column
	descending bool

	cursor        *poller.Task // the snapshot that its place was last known by
	first, height int
}

type naiveTerm struct {
	text    string
	exclude bool
}

// now is later than all stamps in the tests.
const now poller.Stamp = 1_000_000

func (n *naive) shows(t *poller.Task) bool {
	inTab := map[views.Tab][]poller.State{
		views.TabQueued:   {poller.New, poller.Queued},
		views.TabRunning:  {poller.Running},
		views.TabDone:     {poller.Succeeded},
		views.TabFailed:   {poller.Failed},
		views.TabCanceled: {poller.Canceled},
		views.TabUnknown:  {poller.Expired, poller.NotFound, poller.Unread},
	}
	if n.tab != views.TabAll && !slices.Contains(inTab[n.tab], t.State) {
		return false
	}
	if n.odd && t.Seq%2 == 0 {
		return false
	}
	fields := []string{t.Request.ID, t.Request.Endpoint, t.Request.Label, t.State.String(), t.ErrorType, t.Error}
	if t.Trouble != nil {
		fields = append(fields, t.Trouble.Message)
	}
	if slow(t) {
		fields = append(fields, "slow")
	}
	for _, term := range n.terms {
		fields := fields
		label, own := strings.CutPrefix(term.text, "label:")
		if own {
			fields, term.text = []string{t.Request.Label}, label
		}
		found := (!own || t.Request.Label != "") && slices.ContainsFunc(fields, func(f string) bool {
			return strings.Contains(strings.ToLower(f), strings.ToLower(term.text))
		})
		if found == term.exclude {
			return false
		}
	}
	return true
}

// value returns what a task is sorted by: values of which the first that
// differs decides; nil for none.
func (n *naive) value(t *poller.Task) []any {
	// A time that still passes is longer than any that is over.
	span := func(d time.Duration, told, over bool) []any {
		switch {
		case !told:
			return nil
		case over:
			return []any{0, int(d)}
		}
		return []any{1, int(d)}
	}
	switch n.column {
	case views.ColumnAdded:
		return []any{int(t.Seq)}
	case views.ColumnStatus:
		if slow(t) {
			return []any{-1}
		}
		return []any{slices.Index([]poller.State{poller.Running, poller.Queued, poller.New,
			poller.Failed, poller.NotFound, poller.Canceled, poller.Succeeded}, t.State)}
	case views.ColumnActivity:
		switch {
		case t.State.Terminal():
			return []any{3, -int(t.Ended)}
		case slow(t):
			return []any{0}
		case t.State == poller.Running, t.State == poller.Reading:
			return []any{1, int(t.Started)}
		}
		return []any{2}
	case views.ColumnID:
		return []any{t.Request.ID}
	case views.ColumnEndpoint:
		if t.Request.Endpoint != "" {
			return []any{t.Request.Endpoint}
		}
	case views.ColumnLabel:
		if t.Request.Label != "" {
			return []any{t.Request.Label}
		}
	case views.ColumnQueued:
		d, told := t.BestQueueTime(now)
		return span(d, told, t.Started != 0 || t.Ended != 0)
	case views.ColumnRun:
		d, told := t.BestRunTime(now)
		return span(d, told, t.Ended != 0)
	case views.ColumnSeen:
		if t.Seen != 0 {
			return []any{int(now.Sub(t.Seen))}
		}
	case views.ColumnDetail:
		switch {
		case t.ErrorType != "" || t.Error != "":
			return []any{0, t.ErrorType, t.Error}
		case t.InferenceTime >= 0:
			return []any{1, int(t.InferenceTime * 1000)}
		}
	}
	return nil
}

func (n *naive) compare(a, b *poller.Task) int {
	va, vb := n.value(a), n.value(b)
	if (va == nil) != (vb == nil) {
		return cmp.Compare(len(vb), len(va))
	}
	for i := range va {
		by := 0
		if text, ok := va[i].(string); ok {
			by = cmp.Compare(text, vb[i].(string))
		} else {
			by = cmp.Compare(va[i].(int), vb[i].(int))
		}
		if n.descending {
			by = -by
		}
		if by != 0 {
			return by
		}
	}
	return cmp.Compare(a.Seq, b.Seq)
}

func (n *naive) rows() []*poller.Task {
	var rows []*poller.Task
	for _, t := range n.tasks {
		if n.shows(t) {
			rows = append(rows, t)
		}
	}
	slices.SortFunc(rows, n.compare)
	return rows
}

// rank returns the cursor's place in rows, -1 for none.
func (n *naive) rank(rows []*poller.Task) int {
	return slices.IndexFunc(rows, func(t *poller.Task) bool { return n.cursor != nil && t.Seq == n.cursor.Seq })
}

// change changes something, and lets cursor and window follow.
func (n *naive) change(f func()) {
	line := max(n.rank(n.rows()), 0) - n.first
	f()
	rows := n.rows()
	rank := n.rank(rows)
	if rank < 0 && n.cursor != nil {
		rank = slices.IndexFunc(rows, func(t *poller.Task) bool { return n.compare(t, n.cursor) > 0 })
		if rank < 0 {
			rank = len(rows) - 1
		}
	}
	n.moveTo(rank, max(rank, 0)-line)
}

// moveTo puts the cursor on a row and the window's start near to a row.
func (n *naive) moveTo(rank, first int) {
	rows := n.rows()
	n.cursor, n.first = nil, 0
	if len(rows) == 0 {
		return
	}
	rank = min(max(rank, 0), len(rows)-1)
	n.cursor = rows[rank]
	best := -1
	for f := range rows {
		inside := f <= rank && rank < f+max(n.height, 1)
		full := f == 0 || f+max(n.height, 1) <= len(rows)
		if inside && full && (best < 0 || distance(f, first) < distance(best, first)) {
			best = f
		}
	}
	n.first = best
}

func distance(a, b int) int { return max(a-b, b-a) }
