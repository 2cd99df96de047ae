package views

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"polltop/views/safe"
	"polltop/views/theme"
)

// DialogWidth is the widest that a dialog is, with its border.
const DialogWidth = 100

// On a screen smaller than this a dialog has no border.
const (
	borderWidth  = 12
	borderHeight = 5
)

// DialogInner returns the width of a dialog's text on a screen of the given
// width.
func DialogInner(width int) int {
	if width < borderWidth {
		return max(width, 1)
	}
	return min(width, DialogWidth) - 4
}

// DialogRows returns how many lines of its text a dialog shows at most on a
// screen of the given height.
func DialogRows(height int) int {
	switch {
	case height < borderHeight:
		return max(height, 1)
	case height < 12:
		return height - 2
	}
	// The border, and a line of the screen above and below it.
	return height - 4
}

// drawDialog draws a dialog over the lines of a screen.
func drawDialog(screen []string, p *Props) {
	d := p.Dialog
	rows := min(DialogRows(p.Height), max(len(d.Body), 1))
	first := max(min(d.Scroll, len(d.Body)-rows), 0)
	var box []string
	width := p.Width
	if p.Width >= borderWidth && p.Height >= borderHeight {
		inner := dialogInner(d, p.Width)
		box, width = borderBox(p, inner, rows, first), inner+4
	} else {
		for _, text := range d.Body[first:min(first+rows, len(d.Body))] {
			box = append(box, draw(width, func(l *line) { l.styled(p.Theme.Plain.Text, text) }))
		}
	}
	overlay(screen, box, (p.Width-width)/2, (p.Height-len(box))/2, width, p)
}

// dialogInner returns the width of a dialog's text: what it needs, as far as
// the screen has it. All lines count, so that scrolling does not change it.
func dialogInner(d *Dialog, screen int) int {
	inner := max(safe.Width(safe.Line(d.Title)), safe.Width(safe.Line(d.Hint))) + 2
	for _, text := range d.Body {
		inner = max(inner, safe.Width(text))
	}
	return min(inner, DialogInner(screen))
}

// borderBox returns the lines of a dialog with its border: the title in the
// line above, the keys in the line below, the scrollbar in the line at the
// right.
func borderBox(p *Props, inner, rows, first int) []string {
	ink, border := &p.Theme.Plain, lipgloss.RoundedBorder()
	body := p.Dialog.Body[first:min(first+rows, len(p.Dialog.Body))]
	var box []string
	edge := func(left, right, style, text string) string {
		return draw(inner+4, func(l *line) {
			l.put(ink.Accent, left+border.Top)
			if text = safe.Truncate(text, inner-2); text != "" {
				l.pad(ink.Text, 1)
				l.put(style, text)
				l.pad(ink.Text, 1)
			}
			l.put(ink.Accent, strings.Repeat(border.Top, max(l.room-1, 0)))
			l.put(ink.Accent, right)
		})
	}
	from, to := thumb(first, rows, len(p.Dialog.Body), rows)
	box = append(box, edge(border.TopLeft, border.TopRight, ink.Strong, p.Dialog.Title))
	for i := range rows {
		box = append(box, draw(inner+4, func(l *line) {
			l.put(ink.Accent, border.Left)
			l.pad(ink.Text, 1)
			l.room = inner
			if i < len(body) {
				l.styled(ink.Text, body[i])
			}
			l.pad(ink.Text, l.room)
			l.room = 2
			l.pad(ink.Text, 1)
			if i >= from && i < to {
				l.put(ink.Accent, "┃")
			} else {
				l.put(ink.Accent, border.Right)
			}
		}))
	}
	return append(box, edge(border.BottomLeft, border.BottomRight, ink.Dim, p.Dialog.Hint))
}

// draw returns one line of the given width.
func draw(width int, write func(l *line)) string {
	var b strings.Builder
	l := line{out: &b, room: width}
	write(&l)
	l.end(theme.Reset)
	return b.String()
}

// overlay puts a box of the given width over the lines of a screen, which fade
// beneath it.
func overlay(screen, box []string, x, y, width int, p *Props) {
	for i := range screen {
		below := ansi.Strip(screen[i])
		if i < y || i >= y+len(box) {
			screen[i] = draw(p.Width, func(l *line) { l.put(p.Theme.Shade, below) })
			continue
		}
		left := safe.Measure().Truncate(below, x, "")
		right := safe.Measure().TruncateLeft(below, x+width, "")
		screen[i] = draw(p.Width, func(l *line) {
			l.room = x
			l.put(p.Theme.Shade, left)
			l.pad(p.Theme.Shade, l.room)
			l.ink(theme.Reset)
			l.out.WriteString(box[i-y])
			l.style = theme.Reset
			// A wide character that the box cuts through leaves a gap.
			rest := max(p.Width-x-width, 0)
			l.room = rest
			l.pad(p.Theme.Shade, rest-safe.Width(right))
			l.put(p.Theme.Shade, right)
		})
	}
}

// HelpGroup is a group of keys in the help.
type HelpGroup struct {
	Title string
	Keys  []KeyHelp
}

// Bold and reset, for the help: it is the same in every theme.
var (
	bold  = ansi.NewStyle().Bold().String()
	plain = theme.Reset
)

// HelpBody lays groups of keys out in as many columns of at most width cells
// in all as there is room for, and returns the lines.
func HelpBody(groups []HelpGroup, width int) []string {
	keyWidth, helpWidth := 0, 0
	for _, g := range groups {
		for _, k := range g.Keys {
			keyWidth = max(keyWidth, safe.Width(safe.Line(k.Key)))
			helpWidth = max(helpWidth, safe.Width(safe.Line(k.Help)))
		}
	}
	const gap = 4
	each := min(keyWidth+2+helpWidth, max(width, 1))
	count := max(min((width+gap)/(each+gap), len(groups)), 1)
	stacks := make([][]string, count)
	for i, g := range groups {
		// Groups keep their order: each goes below the one before it until
		// its share of the height is reached.
		at := stackFor(groups, i, count)
		if len(stacks[at]) > 0 {
			stacks[at] = append(stacks[at], "")
		}
		stacks[at] = append(stacks[at], helpLines(g, keyWidth, each)...)
	}
	tallest := 0
	for _, stack := range stacks {
		tallest = max(tallest, len(stack))
	}
	lines := make([]string, tallest)
	for i := range lines {
		var b strings.Builder
		for at, stack := range stacks {
			text := ""
			if i < len(stack) {
				text = stack[i]
			}
			b.WriteString(text)
			if at < count-1 {
				writeSpaces(&b, each+gap-safe.Width(text))
			}
		}
		lines[i] = strings.TrimRight(b.String(), " ")
	}
	return lines
}

// stackFor returns in which of count columns a group goes so that the columns
// get about as high as each other.
func stackFor(groups []HelpGroup, group, count int) int {
	total, before := 0, 0
	for i, g := range groups {
		if i < group {
			before += len(g.Keys) + 2
		}
		total += len(g.Keys) + 2
	}
	middle := before + (len(groups[group].Keys)+2)/2
	return min(middle*count/max(total, 1), count-1)
}

// helpLines returns the lines of one group.
func helpLines(g HelpGroup, keyWidth, width int) []string {
	lines := []string{bold + safe.Truncate(g.Title, width) + plain}
	for _, k := range g.Keys {
		lines = append(lines, draw(width, func(l *line) {
			l.cell(bold, safe.Line(k.Key), keyWidth, false)
			l.pad(plain, 2)
			l.put(plain, safe.Line(k.Help))
		}))
	}
	return lines
}
