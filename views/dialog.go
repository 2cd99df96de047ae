package views

import (
	"strings"

	"charm.land/bubbles/v2/key"
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

// DialogID is the id of a dialog's layer.
const DialogID = "dialog"

// Box returns a dialog as a layer in the middle of the screen.
func Box(f Frame, d *Dialog) *lipgloss.Layer {
	l := f.Layout
	rows := min(DialogRows(l.Height), max(len(d.Body), 1))
	first := max(min(d.Scroll, len(d.Body)-rows), 0)
	var lines []string
	width := l.Width
	if l.Width >= borderWidth && l.Height >= borderHeight {
		inner := dialogInner(d, l.Width)
		lines, width = borderBox(f, d, inner, rows, first), inner+4
	} else {
		for _, text := range d.Body[first:min(first+rows, len(d.Body))] {
			lines = append(lines, draw(width, func(l *line) { l.styled(f.Theme.Plain.Text, text) }))
		}
	}
	return lipgloss.NewLayer(strings.Join(lines, "\n")).ID(DialogID).X((l.Width - width) / 2).Y((l.Height - len(lines)) / 2)
}

// BodyLine returns which line of a dialog's body is on the line y of its box.
func (d *Dialog) BodyLine(l Layout, y int) int {
	rows := min(DialogRows(l.Height), max(len(d.Body), 1))
	first := max(min(d.Scroll, len(d.Body)-rows), 0)
	if l.Width >= borderWidth && l.Height >= borderHeight {
		y--
	}
	return first + y
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
func borderBox(f Frame, d *Dialog, inner, rows, first int) []string {
	ink, border := &f.Theme.Plain, lipgloss.RoundedBorder()
	body := d.Body[first:min(first+rows, len(d.Body))]
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
	from, to := thumb(first, rows, len(d.Body), rows)
	box := []string{edge(border.TopLeft, border.TopRight, ink.Strong, d.Title)}
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
	return append(box, edge(border.BottomLeft, border.BottomRight, ink.Dim, d.Hint))
}

// MenuItem is a line of a menu: the key that picks it, what it is, and the
// value that it stands for.
type MenuItem struct {
	Key, Label, Value string
}

// ConfirmBody returns the body of a dialog that asks before something is done:
// the question, and below it what else there is to know, as lines of at most
// width cells. An empty line stays one.
func ConfirmBody(question string, lines []string, width int) []string {
	width = max(width, 1)
	var body []string
	for _, line := range safe.Wrap(question, width) {
		body = append(body, bold+line+plain)
	}
	if len(body) > 0 && len(lines) > 0 {
		body = append(body, "")
	}
	for _, line := range lines {
		wrapped := safe.Wrap(line, width)
		if len(wrapped) == 0 {
			wrapped = []string{""}
		}
		body = append(body, wrapped...)
	}
	return body
}

// menuGap is the distance between the columns of a menu.
const menuGap = 2

// MenuBody returns the body of a dialog with a menu, a line of at most width cells for
// each item, the chosen one in the given style; -1 for none. A value that does not fit is
// cut, and left out where there is no room for it.
func MenuBody(items []MenuItem, chosen int, style string, width int) []string {
	width = max(width, 1)
	keyWidth, labelWidth := 0, 0
	for _, item := range items {
		keyWidth = max(keyWidth, safe.Width(safe.Line(item.Key)))
		labelWidth = max(labelWidth, safe.Width(safe.Line(item.Label)))
	}
	body := make([]string, 0, len(items))
	for i, item := range items {
		strong, text := bold, plain
		if i == chosen {
			strong, text = style, style
		}
		line := draw(width, func(l *line) {
			l.cell(strong, safe.Line(item.Key), keyWidth, false)
			l.pad(text, menuGap)
			l.cell(text, safe.Line(item.Label), labelWidth, false)
			if item.Value != "" {
				l.pad(text, menuGap)
				l.put(text, safe.Truncate(item.Value, l.room))
			}
		})
		body = append(body, strings.TrimRight(line, " "))
	}
	return body
}

// HelpGroup is a group of keys in the help.
type HelpGroup struct {
	Title string
	Keys  []key.Help
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
			helpWidth = max(helpWidth, safe.Width(safe.Line(k.Desc)))
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
			l.put(plain, safe.Line(k.Desc))
		}))
	}
	return lines
}
