package views

import (
	"strconv"
	"strings"

	"polltop/poller/download"
)

// transferBarMost is the widest that the bar of the downloads is.
const transferBarMost = 24

// transfers is how far the downloads are.
type transfers struct{ *download.Progress }

// done returns how many files are there, and failed how many could not be had.
func (t transfers) done() int   { return t.Counts[download.Done] + t.Counts[download.AlreadyThere] }
func (t transfers) failed() int { return t.Counts[download.Failed] }

// running reports whether a download is still to end.
func (t transfers) running() bool { return t.Progress != nil && t.done()+t.failed() < len(t.Files) }

// drawTransfers writes how far the downloads are, in at most width cells: files
// and bytes, how fast, a bar, and how many failed.
func drawTransfers(l *line, p bars, width int) {
	t, ink := transfers{p.Transfers}, &p.Theme.Plain
	style := ink.Accent
	if !t.running() {
		style = ink.Good
	}
	pieces := []piece{
		{style, "↓ " + strconv.Itoa(t.done()) + "/" + strconv.Itoa(len(t.Files)), 9},
		{ink.Text, t.bytes(), 7},
	}
	if t.running() && t.BytesPerSecond > 0 && t.BytesPerSecond < 1e15 {
		pieces = append(pieces, piece{ink.Dim, bytesText(int64(t.BytesPerSecond)) + "/s", 6})
	}
	if t.failed() > 0 {
		pieces = append(pieces, piece{ink.Bad, "✗ " + strconv.Itoa(t.failed()) + " failed", 8})
	}
	kept, used := fit(pieces, width, 2)
	l.putPieces(kept, 2, ink.Text)
	if bar := min(width-used-1, transferBarMost); bar >= barLeast && t.running() {
		l.pad(ink.Text, 1)
		cells := segments([]int{int(t.share() * 1000)}, 1000, bar)[0]
		l.put(style, strings.Repeat("━", cells))
		l.put(ink.Rule, strings.Repeat("─", bar-cells))
	}
}

// bytes returns how many bytes have come, and of how many where that is
// known.
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

// fileBar is how wide the bar of one file is, in cells.
const fileBar = 12

// FileText says what came of downloading an output.
func FileText(f download.File) string {
	switch f.State {
	case download.Waiting:
		return "waits to be downloaded"
	case download.Running:
		text := bytesText(f.Bytes)
		if f.Total > 0 {
			full := int(min(max(f.Bytes, 0), f.Total) * fileBar / f.Total)
			text = strings.Repeat("━", full) + strings.Repeat("─", fileBar-full) + " " + text + " of " + bytesText(f.Total)
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
