package model

import (
	"context"
	"errors"
	"image"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/picture"
)

// pictureMost bounds a picture that is fetched to be looked at, in bytes.
const pictureMost = 32 << 20

// settle is how long after a change of the frame a picture is painted over it:
// some frames, as what is sent raw comes before the frame of the same tick.
const settle = 120 * time.Millisecond

// kittyFirst is the first id of a picture in Kitty's protocol. Placeholders tell
// it as a colour, and this is none that anything else is drawn in.
const kittyFirst = 0x1a2b3c

// preview is the picture in the detail pane: of one task's first image.
type preview struct {
	seq     int32 // the task; none for no picture
	image   image.Image
	refused string   // why it is not fetched; "" where it is
	lines   []string // the cells that it takes, or is painted over
	width   int
	paint   string // what paints it over the cells; "" where the cells are it
	kitty   uint32 // its id in Kitty's protocol; 0 without
	at      place  // where it was painted last
	turn    int    // counts the layouts and places, so that late messages are told
}

// cellSizeReport is the XTWINOPS operation that asks for the size of a cell.
const cellSizeReport = 16

// place is where on the screen a picture is painted.
type place struct {
	x, y  int
	shown bool
}

// imageMsg is a picture that was fetched, nil if that failed.
type imageMsg struct {
	seq     int32
	image   image.Image
	refused string // why its address is not asked; "" where it is
}

// laidMsg is a picture as it was made for the pane's size.
type laidMsg struct {
	turn     int
	lines    []string
	width    int
	transmit string // to be sent before the lines are drawn
	paint    string
	kitty    uint32
}

// paintMsg says that the frame has settled, and a picture can be painted over it.
type paintMsg struct{ turn int }

// askTerminal asks what the terminal can draw, where its name does not tell: for
// Sixel, and for the size of a cell that Sixel needs.
func (m *Model) askTerminal() tea.Cmd {
	if m.options.Peek == nil || m.protocol != picture.HalfBlock && m.protocol != picture.Sixel {
		return nil
	}
	return tea.Raw(ansi.RequestPrimaryDeviceAttributes + ansi.WindowOp(cellSizeReport))
}

// handlePicture takes in what concerns pictures; false for what does not.
func (m *Model) handlePicture(msg tea.Msg) (tea.Cmd, bool) {
	switch msg := msg.(type) {
	case imageMsg:
		if msg.seq != m.picture.seq {
			return nil, true
		}
		m.picture.refused = msg.refused
		if msg.image != nil {
			m.picture.image = msg.image
			return m.layPicture(), true
		}
		m.clampDetail()
	case laidMsg:
		return m.laid(msg), true
	case paintMsg:
		if at := m.picture.at; msg.turn == m.picture.turn && at.shown {
			return tea.Raw(picture.At(at.x+1, at.y+1, m.picture.paint)), true
		}
	case uv.PrimaryDeviceAttributesEvent:
		if m.protocol == picture.HalfBlock && picture.FromAttributes(msg) {
			m.protocol = picture.Sixel
		}
	case uv.CellSizeEvent:
		m.cell = image.Pt(msg.Width, msg.Height)
	default:
		return nil, false
	}
	return nil, true
}

// wantPicture fetches the first image among the outputs of the task in the pane.
func (m *Model) wantPicture() tea.Cmd {
	d := &m.detail
	if m.options.Peek == nil || m.protocol == picture.None || !d.known || d.result.Pending || d.result.Fault != nil || m.picture.seq == d.seq {
		return nil
	}
	output, ok := firstImage(d.result.Result.Outputs)
	if !ok {
		return nil
	}
	t := m.index.Get(d.seq)
	if t == nil {
		return nil
	}
	m.picture.seq = d.seq
	peek, ctx, seq, base := m.options.Peek, m.options.Context, d.seq, t.Request.Base
	return func() tea.Msg {
		// A picture that can't be had is no trouble, as the outputs are listed. One
		// that is not asked for needs a reason, as the user can allow it.
		data, err := output.Bytes()
		if output.URL != "" {
			data, err = peek(ctx, base, output.URL, pictureMost)
		}
		if refused, ok := errors.AsType[queue.PrivateAddressError](err); ok {
			return imageMsg{seq: seq, refused: refused.Error()}
		}
		if err != nil {
			return imageMsg{seq: seq}
		}
		decoded, err := picture.Decode(data, picture.MaxPixels)
		if err != nil {
			return imageMsg{seq: seq}
		}
		return imageMsg{seq: seq, image: decoded}
	}
}

// firstImage returns the first output that is an image and can be had, and whether
// there is one.
func firstImage(outputs []queue.Output) (queue.Output, bool) {
	for _, o := range outputs {
		if (o.URL != "" || o.Inline()) && (o.Type == "image" || strings.HasPrefix(o.ContentType, "image/")) {
			return o, true
		}
	}
	return queue.Output{}, false
}

// layPicture makes the picture for the pane's present size. Large ones take a
// while, so a command does it.
func (m *Model) layPicture() tea.Cmd {
	p := &m.picture
	if p.image == nil {
		return nil
	}
	p.turn++
	width, height := views.PreviewRoom(m.layout)
	img, turn, protocol, colors, cell := p.image, p.turn, m.protocol, colorsOf(m.profile), m.cell
	return func() tea.Msg {
		cols, rows := picture.Fit(img.Bounds().Size(), width, height)
		msg := laidMsg{turn: turn, width: cols}
		switch {
		case protocol == picture.Kitty && colors == picture.TrueColor:
			msg.kitty = kittyFirst + uint32(turn)
			msg.transmit = picture.KittyTransmit(img, msg.kitty, cols, rows)
			msg.lines = picture.KittyPlaceholder(msg.kitty, cols, rows)
			return msg
		case protocol == picture.ITerm2:
			msg.paint = picture.ITerm2Sequence(img, cols, rows)
		case protocol == picture.Sixel && cell.X > 0 && cell.Y > 0:
			msg.paint = picture.SixelSequence(img, cols*cell.X, rows*cell.Y)
		default:
			msg.lines = picture.HalfBlocks(img, cols, rows, colors)
			if len(msg.lines) > 0 {
				msg.width = ansi.StringWidth(msg.lines[0])
			}
			return msg
		}
		for range rows {
			msg.lines = append(msg.lines, strings.Repeat(" ", cols))
		}
		return msg
	}
}

// laid takes a picture that was made, unless the pane has changed since.
func (m *Model) laid(msg laidMsg) tea.Cmd {
	p := &m.picture
	if msg.turn != p.turn {
		return nil
	}
	old := p.kitty
	p.lines, p.width, p.paint, p.kitty = msg.lines, msg.width, msg.paint, msg.kitty
	m.clampDetail()
	sent := msg.transmit
	if old != 0 {
		sent = picture.KittyDelete(old) + sent
	}
	if sent == "" {
		return nil
	}
	return tea.Raw(sent)
}

// syncPicture makes what is painted follow what the frame shows, after a message:
// it drops the picture of a task that the pane has left, and paints anew where
// the pane has scrolled, or a dialog has come or gone.
func (m *Model) syncPicture() tea.Cmd {
	p := &m.picture
	if p.seq == none {
		return nil
	}
	if p.seq != m.detail.seq {
		return m.dropPicture()
	}
	if p.paint == "" {
		return nil
	}
	at := place{}
	if m.focus != onDialog && m.focus != onAdd && m.focus != onAsking && m.overview.screen == tableScreen {
		at.x, at.y, at.shown = views.PreviewPlace(*m.detailProps(), m.layout, m.theme, poller.StampOf(m.now))
	}
	if at == p.at {
		return nil
	}
	was := p.at.shown
	p.at = at
	p.turn++
	turn := p.turn
	var cmds []tea.Cmd
	if was {
		cmds = append(cmds, tea.ClearScreen)
	}
	if at.shown {
		cmds = append(cmds, tea.Tick(settle, func(time.Time) tea.Msg { return paintMsg{turn} }))
	}
	return tea.Batch(cmds...)
}

// dropPicture takes the picture off the screen and out of the terminal's memory.
func (m *Model) dropPicture() tea.Cmd {
	old := m.picture
	m.picture = preview{seq: none, turn: old.turn + 1}
	switch {
	case old.kitty != 0:
		return tea.Raw(picture.KittyDelete(old.kitty))
	case old.at.shown:
		return tea.ClearScreen
	}
	return nil
}

// colorsOf returns the colours that a picture may use in a terminal of the
// profile.
func colorsOf(profile colorprofile.Profile) picture.Colors {
	switch profile {
	case colorprofile.TrueColor:
		return picture.TrueColor
	case colorprofile.ANSI256:
		return picture.ANSI256
	case colorprofile.ANSI:
		return picture.ANSI16
	}
	return picture.NoColors
}

// Peek fetches a picture of a base's task to be looked at: at most most bytes.
type Peek func(ctx context.Context, base *queue.Base, address string, most int64) ([]byte, error)
