package views

import (
	"strconv"
	"strings"

	"polltop/poller"
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
		n := p.Counts[s]
		if s == poller.Unread {
			n -= p.Unsure // they are told behind
		}
		if n > 0 {
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
	counts, total := p.Counts, 0
	for state, n := range p.Cleared {
		counts[state] += n
		total += counts[state]
	}
	l.pad(ink.Text, 1)
	room := l.room - 1
	pieces, used := fit(progressPieces(p, total), max(room-barLeast-2, 0), 3)
	if bar := room - used - 2; bar >= barLeast {
		drawBar(l, ink, &counts, total, bar)
		l.pad(ink.Text, 2)
	}
	l.putPieces(pieces, 3, ink.Text)
	l.end(ink.Text)
}

// progressPieces returns how much of all tasks has ended, how fast they end, and when all
// are expected to have.
func progressPieces(p bars, total int) []piece {
	ink := &p.Theme.Plain
	live := TabQueued.Count(p.Counts) + TabRunning.Count(p.Counts)
	pieces := []piece{{ink.Strong, "–", 4}}
	if total > 0 {
		pieces[0].text = strconv.Itoa((total-live)*100/total) + " %"
	}
	if p.ToSubmit > 0 {
		pieces = append(pieces, piece{ink.Text, strconv.Itoa(p.ToSubmit) + " to submit", 5})
	}
	pieces = append(pieces, unsurePieces(p)...)
	if p.PerMinute > 0 {
		rate := fraction(p.PerMinute)
		if p.PerMinute >= 10 {
			rate = strconv.Itoa(int(p.PerMinute + 0.5))
		}
		pieces = append(pieces, piece{ink.Dim, rate + "/min " + sparkline(p.Spark, sparkWidth), 1})
	}
	if p.ETA.Median > 0 {
		pieces = append(pieces, piece{ink.Text, "about " + roughly(p.ETA.Median) + " left", 3})
	}
	if low, high := roughly(p.ETA.Low), roughly(p.ETA.High); low != high && p.ETA.Median > 0 {
		pieces = append(pieces, piece{ink.Dim, "(" + low + " to " + high + ")", 0})
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

// drawBar writes the progress bar: done, failed, unknown, canceled, rest. They differ also
// without color.
func drawBar(l *line, ink *theme.Ink, counts *[poller.StateCount]int, total, width int) {
	unknown := counts[poller.Expired] + counts[poller.NotFound] + counts[poller.Unread]
	parts := segments([]int{counts[poller.Succeeded], counts[poller.Failed], unknown, counts[poller.Canceled] + counts[poller.Retried]}, total, width)
	rest := width
	for i, part := range []struct {
		state poller.State
		glyph string
	}{{poller.Succeeded, "█"}, {poller.Failed, "▓"}, {poller.Expired, "▓"}, {poller.Canceled, "▒"}} {
		l.put(ink.State[part.state], strings.Repeat(part.glyph, parts[i]))
		rest -= parts[i]
	}
	l.put(ink.Rule, strings.Repeat("░", rest))
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

// sparkWidth is how many past intervals the sparkline shows.
const sparkWidth = 8
