package views

import (
	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// The signs in the margin: of the selected row, and of a marked one.
const (
	cursorSign = "›"
	markSign   = "●"
)

// note returns what is known of a row beside its task.
func (t *Table) note(row int) Note {
	if row < len(t.Notes) {
		return t.Notes[row]
	}
	return Note{}
}

// selectedInk returns the styles of the selected row, of the table or of what
// is in its place.
func selectedInk(p *Props) *theme.Ink {
	if p.Table.Focused {
		return &p.Theme.Cursor
	}
	return &p.Theme.Resting
}

// drawRow writes one row of the table.
func drawRow(l *line, g *grid, p *Props, row int) {
	t, note, ink := p.Table.Rows[row], p.Table.note(row), &p.Theme.Plain
	selected := row == p.Table.Cursor
	switch {
	case selected:
		ink = selectedInk(p)
	case note.Marked:
		ink = &p.Theme.Marked
	}
	drawMargin(l, ink, g.margin, selected, note.Marked)
	for i := range g.slots {
		s := &g.slots[i]
		l.pad(ink.Text, s.gap)
		if s.id == ColumnStatus {
			drawStatus(l, s, ink, t, note, g.hasDetail())
			continue
		}
		drawCell(l, s, ink, t, note, p.Now)
	}
	l.pad(ink.Text, l.room)
}

// drawMargin writes the cells before a row's first column. Where they are but
// two, the sign of the cursor moves over for that of a mark.
func drawMargin(l *line, ink *theme.Ink, margin int, selected, marked bool) {
	signs := [3]string{" ", " ", " "} // mark, cursor, a gap
	if marked {
		signs[0] = markSign
	}
	switch {
	case selected && margin < 3 && !marked:
		signs[0] = cursorSign
	case selected:
		signs[1] = cursorSign
	}
	for _, sign := range signs[:min(margin, 3)] {
		if sign == " " {
			l.pad(ink.Text, 1)
			continue
		}
		l.put(ink.Accent, sign)
	}
}

// drawStatus writes the cell of the state: brighter just after it changed, and
// with the sign of a slow task where no other column tells that.
func drawStatus(l *line, s *slot, ink *theme.Ink, t *poller.Task, note Note, elsewhere bool) {
	width := min(s.width, l.room)
	style := stateStyle(ink, t)
	if note.Fresh && t.State < poller.StateCount {
		style = ink.Fresh[shownState(t)]
	}
	text := statusText(t, 0, s.width)
	if !note.Slow || elsewhere || width < statusWord {
		l.cell(style, safe.Truncate(text, width), width, false)
		return
	}
	if width-safe.Width(text) < 2 && !canceling(t) {
		// That it is slow matters more than its place in the queue.
		text = stateLabel(t.State)
	}
	before := l.room
	l.put(style, safe.Truncate(text, width))
	if width-(before-l.room) >= 2 {
		l.pad(ink.Text, 1)
		l.put(ink.Warn, slowSign)
	}
	l.pad(ink.Text, width-(before-l.room))
}

// drawCell writes one cell of a row.
func drawCell(l *line, s *slot, ink *theme.Ink, t *poller.Task, note Note, now poller.Stamp) {
	width := min(s.width, l.room)
	if s.lead != nil {
		lead, style := s.lead(ink, t, note)
		if lead != "" && lead == note.Trouble {
			lead = firstFitting(width, append([]string{lead}, note.Brief...)...)
		}
		if lead = safe.Line(lead); lead != "" {
			before := l.room
			l.put(style, safe.Truncate(lead, width))
			l.pad(ink.Text, min(2, width-(before-l.room)))
			width -= before - l.room
		}
	}
	text := s.display(t, now, s.width)
	if s.lead != nil && note.Trouble != "" && !t.State.Terminal() {
		text = "" // what the task itself met is the same, and waits with its endpoint
	}
	if s.middle {
		text = safe.Middle(text, width)
	} else {
		text = safe.Truncate(text, width)
	}
	l.cell(s.style(ink, t), text, width, s.right)
}
