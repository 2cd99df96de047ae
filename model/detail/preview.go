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
	maxPictureBytes = 32 << 20 // bounds the bytes of a picture
	cellSizeReport  = 16       // the XTWINOPS operation that requests the size of a cell
	// paintDelay is how long after a change of the frame a picture is painted over it. It is
	// several frames, because raw output is sent before the frame of the same tick.
	paintDelay = 120 * time.Millisecond
	// firstKittyID is the first id of a picture in Kitty's protocol. Placeholders have
	// the id as their color, and nothing else has this one.
	firstKittyID = 0x1a2b3c
)

// pictureState is the picture in the pane: the first image among a task's outputs.
type pictureState struct {
	imageFetched // its seq is NoTask for no picture
	renderedPicture
	painted screenPosition // where it was painted last
	version int            // counts renderings and moves, so that late messages are recognized
}

// renderedPicture is a picture in the pane's size.
type renderedPicture struct {
	lines   []string // the picture, or the empty cells that it is painted over
	width   int
	paint   string // the sequence that paints it over the cells; "" if the lines are the picture
	kittyID uint32 // its id in Kitty's protocol; 0 for another protocol
}

type screenPosition struct {
	x, y  int
	shown bool
}

// imageFetched is a picture that was fetched; its image is nil if that failed.
type imageFetched struct {
	seq     int32
	image   image.Image
	refused string // why the address is not requested; "" if it was
}

type pictureRendered struct {
	renderedPicture
	version  int
	transmit string // is sent before the lines are drawn
}

// paintDue says that the frame is on the screen, so that a picture can be painted over it.
type paintDue struct{ version int }

// Init asks the terminal whether it knows Sixel, and for the size of a cell that Sixel needs,
// unless its name already says what it can draw.
func (p *Pane) Init() tea.Cmd {
	if p.fetcher == nil || p.protocol != picture.HalfBlock && p.protocol != picture.Sixel {
		return nil
	}
	return tea.Raw(ansi.RequestPrimaryDeviceAttributes + ansi.WindowOp(cellSizeReport))
}

func (p *Pane) handlePicture(msg tea.Msg) tea.Cmd {
	switch msg := msg.(type) {
	case common.LayoutChanged:
		return p.renderPicture()
	case imageFetched:
		if msg.seq != p.picture.seq {
			return nil
		}
		p.picture.imageFetched = msg
		return p.renderPicture()
	case pictureRendered:
		return p.applyPicture(msg)
	case paintDue:
		if at := p.picture.painted; msg.version == p.picture.version && at.shown {
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

func (p *Pane) fetchPicture() tea.Cmd {
	result, t := p.details.result, p.Task()
	if p.fetcher == nil || p.protocol == picture.None || result == nil || result.Pending || result.Fault != nil || t == nil || p.picture.seq == p.seq {
		return nil
	}
	at := slices.IndexFunc(result.Result.Outputs, isImage)
	if at < 0 {
		return nil
	}
	p.picture.seq = p.seq
	output, fetch, ctx, seq, base := result.Result.Outputs[at], p.fetcher, p.ctx, p.seq, t.Request.Base
	return func() tea.Msg {
		// A failure needs no notice, because the pane lists the outputs. A refused address
		// needs one, because the user can allow it.
		data, err := output.Bytes()
		if output.URL != "" {
			data, err = fetch(ctx, base, output.URL, maxPictureBytes)
		}
		msg := imageFetched{seq: seq}
		if refused, ok := errors.AsType[queue.PrivateAddressError](err); ok {
			msg.refused = refused.Error()
		} else if err == nil {
			msg.image, _ = picture.Decode(data, picture.MaxPixels)
		}
		return msg
	}
}

// isImage reports whether an output is an image with an address or its bytes.
func isImage(o queue.Output) bool {
	return (o.URL != "" || o.Inline()) && (o.Type == "image" || strings.HasPrefix(o.ContentType, "image/"))
}

// renderPicture renders the picture for the pane's present size, in a command, because large ones
// take a while.
func (p *Pane) renderPicture() tea.Cmd {
	if p.picture.image == nil {
		return nil
	}
	p.picture.version++
	width, height := p.env.Layout.PreviewSize()
	img, version, protocol, colors, cell := p.picture.image, p.picture.version, p.protocol, p.env.Profile, p.cell
	return func() tea.Msg {
		cols, rows := picture.FitCells(img.Bounds().Size(), width, height)
		msg := pictureRendered{version: version, renderedPicture: renderedPicture{width: cols}}
		switch {
		case protocol == picture.Kitty && colors == colorprofile.TrueColor:
			msg.kittyID = firstKittyID + uint32(version)
			msg.transmit = picture.KittyTransmit(img, msg.kittyID, cols, rows)
			msg.lines = picture.KittyPlaceholder(msg.kittyID, cols, rows)
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

// applyPicture shows a rendered picture, unless the pane has changed since.
func (p *Pane) applyPicture(msg pictureRendered) tea.Cmd {
	pic := &p.picture
	if msg.version != pic.version {
		return nil
	}
	if pic.kittyID != 0 {
		msg.transmit = picture.KittyDelete(pic.kittyID) + msg.transmit
	}
	if pic.renderedPicture = msg.renderedPicture; msg.transmit == "" {
		return nil
	}
	return tea.Raw(msg.transmit)
}

// syncPicture adapts the painted picture to the frame after a message: it removes the picture of
// another task, and paints again if the pane has scrolled or a dialog has opened or closed.
func (p *Pane) syncPicture() tea.Cmd {
	pic := &p.picture
	switch {
	case pic.seq == common.NoTask:
		return nil
	case pic.seq != p.seq:
		return p.RemovePicture()
	case pic.paint == "":
		return nil
	}
	at := screenPosition{}
	if p.env.Area == views.OnTable && p.env.Focus != views.OnDialog {
		at.x, at.y, at.shown = p.env.Layout.PreviewPosition(p.content, p.scroll.YOffset())
	}
	if at == pic.painted {
		return nil
	}
	var wipe, paint tea.Cmd
	if pic.painted.shown {
		wipe = tea.ClearScreen
	}
	pic.painted = at
	pic.version++
	if at.shown {
		paint = common.After(paintDelay, paintDue{pic.version})
	}
	return tea.Batch(wipe, paint)
}

// RemovePicture removes the picture from the screen and from the terminal's memory.
func (p *Pane) RemovePicture() tea.Cmd {
	old := p.picture
	p.picture = pictureState{imageFetched: imageFetched{seq: common.NoTask}, version: old.version + 1}
	switch {
	case old.kittyID != 0:
		return tea.Raw(picture.KittyDelete(old.kittyID))
	case old.painted.shown:
		return tea.ClearScreen
	}
	return nil
}

// PictureFetcher fetches a picture of a base's task, of at most limit bytes.
type PictureFetcher func(ctx context.Context, base *queue.Base, address string, limit int64) ([]byte, error)
