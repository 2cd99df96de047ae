package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/views/safe"
	"polltop/views/theme"
)

// barLeast is the narrowest progress bar that is worth its room.
const barLeast = 8

// endPieces returns what came of all tasks, in the place of the bar.
func endPieces(p bars) []piece {
	ink := &p.Theme.Plain
	var pieces []piece
	for _, s := range []poller.State{
		poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread,
	} {
		if n := p.Counts[s]; n > 0 {
			pieces = append(pieces, piece{ink.State[s], theme.Symbol(s) + " " + strconv.Itoa(n) + " " + s.String(), 2})
		}
	}
	pieces = append(pieces, unsurePieces(p)...)
	pieces = append(pieces, piece{ink.Strong, "in " + Duration(p.End.Elapsed), 1})
	if p.End.Model > 0 {
		pieces = append(pieces, piece{ink.Dim, Duration(p.End.Model) + " of model time", 0})
	}
	return pieces
}

// endHints returns what can be done once all tasks have ended, and the keys for it.
func endHints(p bars) [][2]string {
	var hints [][2]string
	if n := p.End.Again; n > 0 {
		hints = append(hints, [2]string{"g", strconv.Itoa(n) + " worth submitting again"})
	}
	if p.Counts[poller.Succeeded] > 0 {
		hints = append(hints, [2]string{"* d", "downloads all outputs"})
	}
	return append(hints, [2]string{"E", "exports"})
}

// drawProgress writes the bar of all tasks and the counts, or what came of them.
func drawProgress(l *line, p bars) {
	ink := &p.Theme.Plain
	if p.End != nil {
		pieces, _ := fit(endPieces(p), l.room-2, 3)
		l.pad(ink.Text, 1)
		l.putPieces(pieces, 3, ink.Text)
		l.end(ink.Text)
		return
	}
	total, ended := p.ToSubmit, 0
	for s, n := range p.Counts {
		total += n
		if poller.State(s).Terminal() {
			ended += n
		}
	}
	l.pad(ink.Text, 1)
	room := l.room - 1
	counts, used := fit(countPieces(p, ended, total), room-barLeast-2, 2)
	if counts == nil {
		counts, used = fit(countPieces(p, ended, total), room, 2)
	}
	if bar := room - used - 2; bar >= barLeast {
		drawBar(l, ink, &p.Counts, total, bar)
		l.pad(ink.Text, 2)
	}
	l.putPieces(counts, 2, ink.Text)
	l.end(ink.Text)
}

// countPieces returns the counts by symbol. Those of the states that a healthy
// batch goes through are always there, so that the others keep their places.
func countPieces(p bars, ended, total int) []piece {
	ink := &p.Theme.Plain
	pieces := []piece{{ink.Strong, strconv.Itoa(ended) + "/" + strconv.Itoa(total), 9}}
	if p.ToSubmit > 0 {
		pieces = append(pieces, piece{ink.Text, strconv.Itoa(p.ToSubmit) + " to submit", 6})
	}
	pieces = append(pieces, unsurePieces(p)...)
	for _, c := range []struct {
		state  poller.State
		weight int
		always bool
	}{
		{poller.Succeeded, 7, true},
		{poller.Failed, 8, true},
		{poller.Expired, 6, false},
		{poller.NotFound, 6, false},
		{poller.Unread, 6, false},
		{poller.Retried, 1, false},
		{poller.Canceled, 3, false},
		{poller.Reading, 2, false},
		{poller.Running, 5, true},
		{poller.Queued, 4, true},
		{poller.New, 1, false},
	} {
		n := p.Counts[c.state]
		if n == 0 && !c.always {
			continue
		}
		style := ink.State[c.state]
		if n == 0 {
			style = ink.Dim
		}
		pieces = append(pieces, piece{style, theme.Symbol(c.state) + " " + strconv.Itoa(n), c.weight})
	}
	if p.ETA.Median > 0 {
		pieces = append(pieces, piece{ink.Text, "ETA " + roughly(p.ETA.Median), 2})
	}
	if low, high := roughly(p.ETA.Low), roughly(p.ETA.High); low != high {
		pieces = append(pieces, piece{ink.Dim, "(" + low + "-" + high + ")", 0})
	}
	return pieces
}

// unsurePieces returns how many payloads may or may not have been submitted, if any.
func unsurePieces(p bars) []piece {
	if p.Unsure == 0 {
		return nil
	}
	return []piece{{p.Theme.Plain.Warn, "? " + strconv.Itoa(p.Unsure) + " unknown whether submitted", 7}}
}

// drawBar writes the progress bar: done, failed, unknown, canceled, rest.
func drawBar(l *line, ink *theme.Ink, counts *[poller.StateCount]int, total, width int) {
	unknown := counts[poller.Expired] + counts[poller.NotFound] + counts[poller.Unread]
	parts := segments([]int{counts[poller.Succeeded], counts[poller.Failed], unknown, counts[poller.Canceled]}, total, width)
	rest := width
	for i, style := range []string{ink.State[poller.Succeeded], ink.State[poller.Failed], ink.State[poller.Expired], ink.State[poller.Canceled]} {
		if parts[i] > 0 {
			l.put(style, strings.Repeat("━", parts[i]))
			rest -= parts[i]
		}
	}
	l.put(ink.Rule, strings.Repeat("─", rest))
}

// segments shares width cells out to parts of total, each rounded down. None
// that is not empty gets less than a cell, as a failure among thousands has to
// be seen; what is missing for that is taken from the widest. A bar is only
// full when all is done.
func segments(parts []int, total, width int) []int {
	cells := make([]int, len(parts))
	if total <= 0 {
		return cells
	}
	sum, used, widest := 0, 0, 0
	for i, n := range parts {
		cells[i] = int(int64(n) * int64(width) / int64(total))
		if n > 0 && cells[i] == 0 {
			cells[i] = 1
		}
		if cells[i] > cells[widest] {
			widest = i
		}
		sum += n
		used += cells[i]
	}
	most := width
	if sum < total {
		most--
	} else if used < width {
		cells[widest] += width - used
		used = width
	}
	if used > most {
		cells[widest] = max(cells[widest]-(used-most), 0)
	}
	return cells
}

// levels are the heights of a sparkline.
var levels = []rune("▁▂▃▄▅▆▇█")

// sparkline returns the last width values as a line of bars, scaled to the
// highest of them.
func sparkline(values []float64, width int) string {
	if len(values) > width {
		values = values[len(values)-max(width, 0):]
	}
	highest := 0.0
	for _, v := range values {
		highest = max(highest, v)
	}
	var b strings.Builder
	for _, v := range values {
		level := 0
		if highest > 0 && v > 0 {
			level = min(int(v/highest*float64(len(levels)-1)+0.5), len(levels)-1)
		}
		b.WriteRune(levels[max(level, 0)])
	}
	return b.String()
}

// The narrowest sparkline that says something, and the widest drawn.
const (
	sparkLeast = 6
	sparkWidth = 24
)

// throughput returns how fast tasks end, in at most width cells: with the
// sparkline where there is room, or nothing.
func throughput(p bars, width int) []piece {
	if p.PerMinute <= 0 && len(p.Spark) == 0 {
		return nil
	}
	ink := &p.Theme.Plain
	rate := strconv.FormatFloat(p.PerMinute, 'f', 1, 64) + "/min"
	room := min(width-safe.Width(rate)-1, sparkWidth)
	switch {
	case room >= sparkLeast && len(p.Spark) > 0:
		return []piece{{ink.Dim, rate, 1}, {ink.State[poller.Running], sparkline(p.Spark, room), 0}}
	case safe.Width(rate) <= width:
		return []piece{{ink.Dim, rate, 1}}
	}
	return nil
}
