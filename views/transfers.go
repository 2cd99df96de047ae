package views

import (
	"strconv"
	"strings"
)

// transferBarMost is the widest that the bar of the downloads is.
const transferBarMost = 24

// running reports whether a download is still to end.
func (t *Transfers) running() bool { return t != nil && t.Done+t.Failed < t.Files }

// drawTransfers writes how far the downloads are, in at most width cells: files
// and bytes, how fast, a bar, and how many failed.
func drawTransfers(l *line, p *Props, width int) {
	t, ink := p.Transfers, &p.Theme.Plain
	style := ink.Accent
	if !t.running() {
		style = ink.Good
	}
	pieces := []piece{
		{style, "↓ " + strconv.Itoa(t.Done) + "/" + strconv.Itoa(t.Files), 9},
		{ink.Text, transferBytes(t), 7},
	}
	if t.running() && t.PerSecond > 0 && t.PerSecond < 1e15 {
		pieces = append(pieces, piece{ink.Dim, bytesText(int64(t.PerSecond)) + "/s", 6})
	}
	if t.Failed > 0 {
		pieces = append(pieces, piece{ink.Bad, "✗ " + strconv.Itoa(t.Failed) + " failed", 8})
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

// transferBytes returns how many bytes have come, and of how many where that is
// known.
func transferBytes(t *Transfers) string {
	if t.Total > 0 && t.running() {
		return bytesText(t.Bytes) + " of " + bytesText(t.Total)
	}
	return bytesText(t.Bytes)
}

// share returns how much of the downloads is done, between 0 and 1: by bytes
// where their sum is known, else by files.
func (t *Transfers) share() float64 {
	done, total := float64(t.Bytes), float64(t.Total)
	if t.Total <= 0 {
		done, total = float64(t.Done+t.Failed), float64(t.Files)
	}
	if total <= 0 {
		return 0
	}
	return max(min(done/total, 1), 0)
}
