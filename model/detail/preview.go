package detail

import (
	"context"
	"errors"
	"image"
	"slices"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"

	"polltop/model/common"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/picture"
)

const (
	pictureMost    = 32 << 20 // bytes of a picture that is fetched to be looked at, at most
	cellSizeReport = 16       // the XTWINOPS operation that asks for the size of a cell
	// paintDelay is how long after a change of the frame a picture is painted over it:
	// some frames, as what is sent raw comes before the frame of the same tick.
	paintDelay = 120 * time.Millisecond
	// kittyFirst is the first id of a picture in Kitty's protocol. Placeholders name
	// it as a colour, and this is none that anything else is drawn in.
	kittyFirst = 0x1a2b3c
)

// preview is the picture in the detail pane: of one task's first image.
type preview struct {
	imageMsg // its seq is None for no picture
	drawn
	at   place // where it was painted last
	turn int   // counts the layouts and places, so that late messages are recognized
}

// drawn is a picture as it was made for the pane's size.
type drawn struct {
	lines []string // the cells that it takes, or is painted over
	width int
	paint string // what paints it over the cells; "" where the cells are it
	kitty uint32 // its id in Kitty's protocol; 0 without
}

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

type laidMsg struct {
	drawn
	turn     int
	transmit string // to be sent before the lines are drawn
}

// paintMsg says that the frame has settled, and a picture can be painted over it.
type paintMsg struct{ turn int }

// Init asks what the terminal can draw, where its name does not say: for
// Sixel, and for the size of a cell that Sixel needs.
func (p *Pane) Init() tea.Cmd {
	if p.peek == nil || p.protocol != picture.HalfBlock && p.protocol != picture.Sixel {
		return nil
	}
	return tea.Raw(ansi.RequestPrimaryDeviceAttributes + ansi.WindowOp(cellSizeReport))
}

func (p *Pane) handlePicture(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.LayoutChanged:
		return p.layPicture()
	case imageMsg:
		if msg.seq != p.picture.seq {
			return nil
		}
		p.picture.imageMsg = msg
		return p.layPicture()
	case laidMsg:
		return p.laid(msg)
	case paintMsg:
		if at := p.picture.at; msg.turn == p.picture.turn && at.shown {
			return tea.Raw(picture.PaintAt(at.x+1, at.y+1, p.picture.paint))
		}
	case uv.PrimaryDeviceAttributesEvent:
		if p.protocol == picture.HalfBlock && picture.HasSixel(msg) {
			p.protocol = picture.Sixel
		}
	case uv.CellSizeEvent:
		p.cell = image.Pt(msg.Width, msg.Height)
	}
	return nil
}

func (p *Pane) wantPicture() tea.Cmd {
	result, t := p.text.result, p.Task()
	if p.peek == nil || p.protocol == picture.None || result == nil || result.Pending || result.Fault != nil || t == nil || p.picture.seq == p.seq {
		return nil
	}
	at := slices.IndexFunc(result.Result.Outputs, isImage)
	if at < 0 {
		return nil
	}
	p.picture.seq = p.seq
	output, peek, ctx, seq, base := result.Result.Outputs[at], p.peek, p.ctx, p.seq, t.Request.Base
	return func() tea.Msg {
		// A picture that can't be had is no trouble, as the outputs are listed. One
		// that is not asked for needs a reason, as the user can allow it.
		data, err := output.Bytes()
		if output.URL != "" {
			data, err = peek(ctx, base, output.URL, pictureMost)
		}
		msg := imageMsg{seq: seq}
		if refused, ok := errors.AsType[queue.PrivateAddressError](err); ok {
			msg.refused = refused.Error()
		} else if err == nil {
			msg.image, _ = picture.Decode(data, picture.MaxPixels)
		}
		return msg
	}
}

// isImage reports whether an output is an image and can be had.
func isImage(o queue.Output) bool {
	return (o.URL != "" || o.Inline()) && (o.Type == "image" || strings.HasPrefix(o.ContentType, "image/"))
}

// layPicture makes the picture for the pane's present size. Large ones take a
// while, so a command does it.
func (p *Pane) layPicture() tea.Cmd {
	if p.picture.image == nil {
		return nil
	}
	p.picture.turn++
	width, height := p.env.Layout.PreviewSize()
	img, turn, protocol, colors, cell := p.picture.image, p.picture.turn, p.protocol, p.env.Profile, p.cell
	return func() tea.Msg {
		cols, rows := picture.FitCells(img.Bounds().Size(), width, height)
		msg := laidMsg{turn: turn, drawn: drawn{width: cols}}
		switch {
		case protocol == picture.Kitty && colors == colorprofile.TrueColor:
			msg.kitty = kittyFirst + uint32(turn)
			msg.transmit = picture.KittyTransmit(img, msg.kitty, cols, rows)
			msg.lines = picture.KittyPlaceholder(msg.kitty, cols, rows)
		case protocol == picture.ITerm2:
			msg.paint = picture.ITerm2Sequence(img, cols, rows)
		case protocol == picture.Sixel && cell.X > 0 && cell.Y > 0:
			msg.paint = picture.SixelSequence(img, cols*cell.X, rows*cell.Y)
		default:
			msg.lines = picture.HalfBlocks(img, cols, rows, colors)
		}
		if msg.paint != "" {
			msg.lines = slices.Repeat([]string{strings.Repeat(" ", cols)}, rows)
		}
		return msg
	}
}

// laid takes a picture that was made, unless the pane has changed since.
func (p *Pane) laid(msg laidMsg) tea.Cmd {
	pic := &p.picture
	if msg.turn != pic.turn {
		return nil
	}
	if pic.kitty != 0 {
		msg.transmit = picture.KittyDelete(pic.kitty) + msg.transmit
	}
	if pic.drawn = msg.drawn; msg.transmit == "" {
		return nil
	}
	return tea.Raw(msg.transmit)
}

// syncPicture makes what is painted follow what the frame shows, after a message:
// it drops the picture of a task that the pane has left, and paints anew where
// the pane has scrolled, or a dialog has come or gone.
func (p *Pane) syncPicture() tea.Cmd {
	pic := &p.picture
	switch {
	case pic.seq == common.NoTask:
		return nil
	case pic.seq != p.seq:
		return p.DropPicture()
	case pic.paint == "":
		return nil
	}
	at := place{}
	if p.env.Area == views.OnTable && p.env.Focus != views.OnDialog {
		at.x, at.y, at.shown = p.env.Layout.PreviewPosition(p.drawn, p.scroll.YOffset())
	}
	if at == pic.at {
		return nil
	}
	var wipe, paint tea.Cmd
	if pic.at.shown {
		wipe = tea.ClearScreen
	}
	pic.at = at
	pic.turn++
	if at.shown {
		paint = common.After(paintDelay, paintMsg{pic.turn})
	}
	return tea.Batch(wipe, paint)
}

// DropPicture takes the picture off the screen and out of the terminal's memory.
func (p *Pane) DropPicture() tea.Cmd {
	old := p.picture
	p.picture = preview{imageMsg: imageMsg{seq: common.NoTask}, turn: old.turn + 1}
	switch {
	case old.kitty != 0:
		return tea.Raw(picture.KittyDelete(old.kitty))
	case old.at.shown:
		return tea.ClearScreen
	}
	return nil
}

// PictureFetcher fetches a picture of a base's task to be looked at: at most most bytes.
type PictureFetcher func(ctx context.Context, base *queue.Base, address string, most int64) ([]byte, error)
