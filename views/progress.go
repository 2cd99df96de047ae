package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/views/theme"
)

// barLeast is the narrowest progress bar that is worth its room, and transferBarMost the
// widest that the bar of the downloads is.
const barLeast, transferBarMost = 8, 24

// endPieces returns what came of all tasks, in the place of the bar.
func endPieces(p bars) []piece {
	ink := &p.Theme.Plain
	var pieces []piece
	for _, s := range []poller.State{
		poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread,
	} {
		n := p.Counts[s]
		if s == poller.Unread {
			n -= p.SubmissionUnknown // they are shown behind
		}
		pieces = append(pieces, piece{ink.State[s], countText(theme.Symbol(s)+" ", n, s.String()), 2})
	}
	pieces = append(pieces, unsurePiece(p), piece{ink.Strong, "in " + Duration(p.End.Elapsed), 1})
	if p.End.ModelTime > 0 {
		pieces = append(pieces, piece{ink.Dim, Duration(p.End.ModelTime) + " of model time", 0})
	}
	return pieces
}

// endHints returns what can be done once all tasks have ended, and the keys for it.
func endHints(p bars) [][2]string {
	var hints [][2]string
	if again := countText("", p.End.WorthResubmitting, "worth submitting again"); again != "" {
		hints = append(hints, [2]string{"g", again})
	}
	if p.Counts[poller.Succeeded] > 0 {
		hints = append(hints, [2]string{"* d", "downloads all outputs"})
	}
	return append(hints, [2]string{"E", "exports"})
}

// drawProgress writes the bar of all tasks and the counts, or what came of them.
func drawProgress(l *line, p bars) {
	ink := &p.Theme.Plain
	l.pad(ink.Text, 1)
	room := l.room - 1
	if p.End != nil {
		pieces, _ := fit(endPieces(p), room, 3)
		l.putPieces(pieces, 3, ink.Text)
		return
	}
	counts, total := p.Counts, 0
	for state, n := range p.Cleared {
		counts[state] += n
		total += counts[state]
	}
	pieces, used := fit(progressPieces(p, total), max(room-barLeast-2, 0), 3)
	if bar := room - used - 2; bar >= barLeast {
		drawBar(l, ink, &counts, total, bar)
		l.pad(ink.Text, 2)
	}
	l.putPieces(pieces, 3, ink.Text)
}

// progressPieces returns how much of all tasks has ended, how fast they end, and when all
// are expected to have.
func progressPieces(p bars, total int) []piece {
	ink := &p.Theme.Plain
	ended, rate, left, spread := "–", "", "", ""
	if live := TabQueued.Count(p.Counts) + TabRunning.Count(p.Counts); total > 0 {
		ended = strconv.Itoa((total-live)*100/total) + " %"
	}
	if p.PerMinute > 0 {
		rate = fraction(p.PerMinute)
		if p.PerMinute >= 10 {
			rate = strconv.Itoa(int(p.PerMinute + 0.5))
		}
		rate += "/min " + sparkline(p.Spark, sparkWidth)
	}
	if p.ETA.Median > 0 {
		left = "about " + roughly(p.ETA.Median) + " left"
		if low, high := roughly(p.ETA.Low), roughly(p.ETA.High); low != high {
			spread = "(" + low + " to " + high + ")"
		}
	}
	return []piece{
		{ink.Strong, ended, 4}, {ink.Text, countText("", p.ToSubmit, "to submit"), 5}, unsurePiece(p),
		{ink.Dim, rate, 1}, {ink.Text, left, 3}, {ink.Dim, spread, 0},
	}
}

// unsurePiece returns how many payloads may or may not have been submitted.
func unsurePiece(p bars) piece {
	return piece{p.Theme.Plain.Warn, countText("? ", p.SubmissionUnknown, "unknown whether submitted"), 7}
}

// countText returns a count behind its sign, with what is counted; "" for none.
func countText(sign string, n int, what string) string {
	if n <= 0 {
		return ""
	}
	return sign + strconv.Itoa(n) + " " + what
}

// drawBar writes the progress bar: done, failed, unknown, canceled, rest. They differ also
// without color.
func drawBar(l *line, ink *theme.Styles, counts *[poller.StateCount]int, total, width int) {
	unknown := counts[poller.Expired] + counts[poller.NotFound] + counts[poller.Unread]
	parts := segments([]int{counts[poller.Succeeded], counts[poller.Failed], unknown, counts[poller.Canceled] + counts[poller.Retried]}, total, width)
	states, glyphs := []poller.State{poller.Succeeded, poller.Failed, poller.Expired, poller.Canceled}, []string{"█", "▓", "▓", "▒"}
	rest := width
	for i, n := range parts {
		l.put(ink.State[states[i]], strings.Repeat(glyphs[i], n))
		rest -= n
	}
	l.put(ink.Rule, strings.Repeat("░", rest))
}

// segments shares width cells out to parts of total, each rounded down. None that is not empty
// gets less than a cell, as a failure among thousands has to be seen; what is missing for that
// is taken from the widest. A bar is only full when all is done.
func segments(parts []int, total, width int) []int {
	cells := make([]int, len(parts))
	if total <= 0 {
		return cells
	}
	sum, used, widest := 0, 0, 0
	for i, n := range parts {
		cells[i] = int(int64(n) * int64(width) / int64(total))
		if n > 0 {
			cells[i] = max(cells[i], 1)
		}
		if cells[i] > cells[widest] {
			widest = i
		}
		sum += n
		used += cells[i]
	}
	over := used - width
	if sum < total {
		over = max(over+1, 0)
	}
	cells[widest] = max(cells[widest]-over, 0)
	return cells
}

// sparkline returns the last width values as a line of bars, scaled to the highest of them.
func sparkline(values []float64, width int) string {
	values = values[max(len(values)-max(width, 0), 0):]
	highest := 0.0
	for _, v := range values {
		highest = max(highest, v)
	}
	var b strings.Builder
	for _, v := range values {
		level := 0
		if highest > 0 && v > 0 {
			level = min(int(v/highest*7+0.5), 7)
		}
		b.WriteString(lowerEighths[1+max(level, 0)])
	}
	return b.String()
}

// sparkWidth is how many past intervals the sparkline shows.
const sparkWidth = 8

type transfers struct{ *download.Progress }

func (t transfers) done() int   { return t.Counts[download.Done] + t.Counts[download.AlreadyThere] }
func (t transfers) failed() int { return t.Counts[download.Failed] }

func (t transfers) running() bool { return t.Progress != nil && t.done()+t.failed() < len(t.Files) }

// drawTransfers writes how far the downloads are: files and bytes, how fast, a bar, and how
// many failed.
func drawTransfers(l *line, p bars) {
	t, ink := transfers{p.Transfers}, &p.Theme.Plain
	style := ink.Good
	if t.running() {
		style = ink.Accent
	}
	speed := ""
	if t.running() && t.BytesPerSecond > 0 && t.BytesPerSecond < 1e15 {
		speed = bytesText(int64(t.BytesPerSecond)) + "/s"
	}
	kept, _ := fit([]piece{
		{style, "↓ " + strconv.Itoa(t.done()) + "/" + strconv.Itoa(len(t.Files)), 9}, {ink.Text, t.bytes(), 7},
		{ink.Dim, speed, 6}, {ink.Bad, countText("✗ ", t.failed(), "failed"), 8},
	}, l.room, 2)
	l.putPieces(kept, 2, ink.Text)
	if bar := min(l.room-1, transferBarMost); bar >= barLeast && t.running() {
		l.pad(ink.Text, 1)
		l.putPieces(trackPieces(style, ink.Rule, segments([]int{int(t.share() * 1000)}, 1000, bar)[0], bar), 0, "")
	}
}

// bytes returns how many bytes have come, and of how many where that is known.
func (t transfers) bytes() string {
	if t.Total > 0 && t.running() {
		return bytesText(t.Bytes) + " of " + bytesText(t.Total)
	}
	return bytesText(t.Bytes)
}

// share returns how much of the downloads is done, between 0 and 1: by bytes
// where their sum is known, else by files.
func (t transfers) share() float64 {
	done, total := float64(t.Bytes), float64(t.Total)
	if t.Total <= 0 {
		done, total = float64(t.done()+t.failed()), float64(len(t.Files))
	}
	if total <= 0 {
		return 0
	}
	return max(min(done/total, 1), 0)
}

// notFetched begins the error of an output whose address is refused.
const notFetched = "not fetched: "

const fileBar = 12

// DownloadText says what came of downloading an output.
func DownloadText(f download.File) string {
	switch f.State {
	case download.Waiting:
		return "waits to be downloaded"
	case download.Running:
		text := bytesText(f.Bytes)
		if f.Total > 0 {
			full := int(min(max(f.Bytes, 0), f.Total) * fileBar / f.Total)
			text = track(full, fileBar) + " " + text + " of " + bytesText(f.Total)
		}
		if f.Error != "" {
			text += ": " + f.Error
		}
		return "downloading " + text
	case download.Failed:
		if strings.HasPrefix(f.Error, notFetched) {
			return f.Error
		}
		return "failed: " + f.Error
	}
	return f.Path
}

// track returns a bar of which so many cells are done.
func track(done, width int) string {
	done = max(0, min(done, width))
	return strings.Repeat("━", done) + strings.Repeat("─", max(width-done, 0))
}

// trackPieces returns such a bar, the rest of it in a style of its own.
func trackPieces(style, rest string, done, width int) []piece {
	return []piece{{style: style, text: strings.Repeat("━", done)}, {style: rest, text: strings.Repeat("─", max(width-done, 0))}}
}
