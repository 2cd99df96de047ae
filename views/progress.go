package views

import (
	"strconv"
	"strings"

	"polltop/poller"
	"polltop/poller/download"
	"polltop/views/theme"
)

const (
	minBar         = 8  // the narrowest useful progress bar, in cells
	maxTransferBar = 24 // bounds the bar of the downloads, in cells
)

// endPieces returns the outcomes of all tasks, which are shown in place of the bar.
func endPieces(p bars) []piece {
	styles := &p.Theme.Plain
	var pieces []piece
	for _, s := range []poller.State{
		poller.Succeeded, poller.Failed, poller.Canceled, poller.Expired, poller.NotFound, poller.Unread,
	} {
		n := p.Counts[s]
		if s == poller.Unread {
			n -= p.SubmissionUnknown // counted apart
		}
		pieces = append(pieces, piece{styles.State[s], countText(theme.Symbol(s)+" ", n, s.String()), 2})
	}
	pieces = append(pieces, submissionUnknownPiece(p), piece{styles.Strong, "in " + Duration(p.End.Elapsed), 1})
	if p.End.ModelTime > 0 {
		pieces = append(pieces, piece{styles.Dim, Duration(p.End.ModelTime) + " of model time", 0})
	}
	return pieces
}

// endHints returns the keys that are useful once all tasks have ended, and what they do.
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

// drawProgress writes the bar of all tasks with its figures, or the outcomes once all have ended.
func drawProgress(l *line, p bars) {
	styles := &p.Theme.Plain
	l.pad(styles.Text, 1)
	width := l.space - 1
	if p.End != nil {
		pieces, _ := fit(endPieces(p), width, 3)
		l.putPieces(pieces, 3, styles.Text)
		return
	}
	counts, total := p.Counts, 0
	for state, n := range p.Cleared {
		counts[state] += n
		total += counts[state]
	}
	pieces, used := fit(progressPieces(p, total), max(width-minBar-2, 0), 3)
	if bar := width - used - 2; bar >= minBar {
		drawBar(l, styles, &counts, total, bar)
		l.pad(styles.Text, 2)
	}
	l.putPieces(pieces, 3, styles.Text)
}

// progressPieces returns which share of the tasks has ended, how many end in a minute, and when
// all are expected to have ended.
func progressPieces(p bars, total int) []piece {
	styles := &p.Theme.Plain
	ended, rate, left, spread := "–", "", "", ""
	if live := TabQueued.Count(p.Counts) + TabRunning.Count(p.Counts); total > 0 {
		ended = strconv.Itoa((total-live)*100/total) + " %"
	}
	if p.PerMinute > 0 {
		rate = oneDecimal(p.PerMinute)
		if p.PerMinute >= 10 {
			rate = strconv.Itoa(int(p.PerMinute + 0.5))
		}
		rate += "/min " + sparkline(p.Spark, sparkWidth)
	}
	if p.ETA.Median > 0 {
		left = "about " + approximate(p.ETA.Median) + " left"
		if low, high := approximate(p.ETA.Low), approximate(p.ETA.High); low != high {
			spread = "(" + low + " to " + high + ")"
		}
	}
	return []piece{
		{styles.Strong, ended, 4}, {styles.Text, countText("", p.ToSubmit, "to submit"), 5}, submissionUnknownPiece(p),
		{styles.Dim, rate, 1}, {styles.Text, left, 3}, {styles.Dim, spread, 0},
	}
}

// submissionUnknownPiece returns how many payloads may or may not have been submitted.
func submissionUnknownPiece(p bars) piece {
	return piece{p.Theme.Plain.Warn, countText("? ", p.SubmissionUnknown, "unknown whether submitted"), 7}
}

// countText returns a count after its sign, with what is counted; "" for 0.
func countText(sign string, n int, counted string) string {
	if n <= 0 {
		return ""
	}
	return sign + strconv.Itoa(n) + " " + counted
}

// drawBar writes the progress bar: done, failed, unknown, canceled, and the rest. Each but the
// unknown has a character of its own, for terminals without color.
func drawBar(l *line, styles *theme.Styles, counts *[poller.StateCount]int, total, width int) {
	unknown := counts[poller.Expired] + counts[poller.NotFound] + counts[poller.Unread]
	parts := segments([]int{counts[poller.Succeeded], counts[poller.Failed], unknown, counts[poller.Canceled] + counts[poller.Retried]}, total, width)
	states, glyphs := []poller.State{poller.Succeeded, poller.Failed, poller.Expired, poller.Canceled}, []string{"█", "▓", "▓", "▒"}
	rest := width
	for i, n := range parts {
		l.put(styles.State[states[i]], strings.Repeat(glyphs[i], n))
		rest -= n
	}
	l.put(styles.Rule, strings.Repeat("░", rest))
}

// segments divides width cells among parts of total, each rounded down. A part that is not 0
// gets at least a cell, which is taken from the widest part, so that one failure among thousands
// shows. A bar is full only when the parts sum up to total.
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
	excess := used - width
	if sum < total {
		excess = max(excess+1, 0)
	}
	cells[widest] = max(cells[widest]-excess, 0)
	return cells
}

// sparkline returns the last width values as a line of bars, scaled to the highest one.
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

func (t transfers) done() int   { return t.Counts[download.Done] + t.Counts[download.AlreadyDownloaded] }
func (t transfers) failed() int { return t.Counts[download.Failed] }

func (t transfers) running() bool { return t.Progress != nil && t.done()+t.failed() < len(t.Files) }

// drawTransfers writes the progress of the downloads: files, bytes, speed, failures and a bar.
func drawTransfers(l *line, p bars) {
	t, styles := transfers{p.Transfers}, &p.Theme.Plain
	style := styles.Good
	if t.running() {
		style = styles.Accent
	}
	speed := ""
	if t.running() && t.BytesPerSecond > 0 && t.BytesPerSecond < 1e15 {
		speed = bytesText(int64(t.BytesPerSecond)) + "/s"
	}
	kept, _ := fit([]piece{
		{style, "↓ " + strconv.Itoa(t.done()) + "/" + strconv.Itoa(len(t.Files)), 9}, {styles.Text, t.bytes(), 7},
		{styles.Dim, speed, 6}, {styles.Bad, countText("✗ ", t.failed(), "failed"), 8},
	}, l.space, 2)
	l.putPieces(kept, 2, styles.Text)
	if bar := min(l.space-1, maxTransferBar); bar >= minBar && t.running() {
		l.pad(styles.Text, 1)
		putBar(l.put, style, styles.Rule, segments([]int{int(t.share() * 1000)}, 1000, bar)[0], bar)
	}
}

// bytes returns how many bytes were downloaded, and of how many where that is known.
func (t transfers) bytes() string {
	if t.Total > 0 && t.running() {
		return bytesText(t.Bytes) + " of " + bytesText(t.Total)
	}
	return bytesText(t.Bytes)
}

// share returns which part of the downloads is done, from 0 to 1: by bytes where their sum is
// known, else by files.
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

const fileBar = 12 // the width of the bar of a file, in cells

// DownloadText returns the state of the download of an output, or its path once it is done.
func DownloadText(f download.File) string {
	switch f.State {
	case download.Waiting:
		return "waits to be downloaded"
	case download.Running:
		text := bytesText(f.Bytes)
		if f.Total > 0 {
			full := int(min(max(f.Bytes, 0), f.Total) * fileBar / f.Total)
			text = barText(full, fileBar) + " " + text + " of " + bytesText(f.Total)
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

// barText returns a bar of width cells of which some are done.
func barText(done, width int) string {
	done = max(0, min(done, width))
	return strings.Repeat("━", done) + strings.Repeat("─", max(width-done, 0))
}

// putBar writes such a bar with put, in a style for each of its two parts.
func putBar(put func(style, text string), doneStyle, restStyle string, done, width int) {
	put(doneStyle, strings.Repeat("━", done))
	put(restStyle, strings.Repeat("─", max(width-done, 0)))
}
