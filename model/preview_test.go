package model

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
	"testing/synctest"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/picture"
)

// withImage opens the pane on a task whose result has an image, and gives the
// dashboard that image.
func withImage(d *desk, protocol picture.Protocol) {
	d.protocol = protocol
	d.options.Peek = nil // the image is given by the test
	d.give(3, poller.Succeeded)
	d.fake.results[0] = poller.Fetched{Result: queue.Result{Outputs: []queue.Output{{Type: "image", URL: "https://cdn.test/1.png"}}}}
	d.press("enter")
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = uint8(i)
	}
	img.Set(0, 0, color.White)
	d.picture.seq = 0
	d.send(imageMsg{seq: 0, image: img})
}

// An image that the result holds itself is drawn without asking anybody; it can't be
// opened in a browser, and the dashboard says what to do.
func TestInlineImageIsDrawnAndNotOpened(t *testing.T) {
	var encoded bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 64, 48))
	for i := range img.Pix {
		img.Pix[i] = 200
	}
	if err := png.Encode(&encoded, img); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 160, 50)
		d.protocol = picture.HalfBlock
		d.options.Peek = func(context.Context, *queue.Base, string, int64) ([]byte, error) {
			t.Error("an address was asked")
			return nil, errors.New("no")
		}
		d.give(3, poller.Succeeded)
		data := "data:image/png;base64," + base64.StdEncoding.EncodeToString(encoded.Bytes())
		d.fake.results[0] = poller.Fetched{Result: queue.Result{Outputs: []queue.Output{{Type: "image", ContentType: "image/png", Data: data}}}}
		d.press("enter")
		d.wantScreen("▀▀▀▀", "the result holds it, d downloads it")
		d.press("o")
		d.wantScreen("press d to download it to a file")
	})
}

func TestPictureIsDrawnAsTheTerminalCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 160, 50)
		withImage(d, picture.HalfBlock)
		d.wantScreen("▀▀▀▀")
		d.press("j")
		if d.picture.seq != none || strings.Contains(d.screen(), "▀▀▀▀") {
			t.Error("the picture stays when the pane goes on")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 160, 50)
		withImage(d, picture.Kitty)
		if d.picture.kitty == 0 || !strings.Contains(d.screen(), "\U0010EEEE") {
			t.Error("no placeholders for Kitty's picture")
		}
		before := d.picture.kitty
		d.send(tea.WindowSizeMsg{Width: 180, Height: 40})
		if d.picture.kitty == before {
			t.Error("the picture is not made anew at another size")
		}
	})
}

func TestPaintedPictureFollowsTheFrame(t *testing.T) {
	for name, protocol := range map[string]picture.Protocol{"iTerm2": picture.ITerm2, "Sixel": picture.Sixel} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk(t, 160, 50)
				d.send(uv.CellSizeEvent{Width: 8, Height: 16})
				withImage(d, protocol)
				first := d.picture.at
				if d.picture.paint == "" || !first.shown || first.x <= d.layout.Detail.X || first.y <= d.layout.Detail.Y {
					t.Fatalf("painted at %+v, the pane is at %+v", first, d.layout.Detail)
				}
				turn := d.picture.turn
				cmd, _ := d.handlePicture(paintMsg{turn})
				if cmd == nil {
					t.Error("nothing is painted when the frame has settled")
				}
				if cmd, _ := d.handlePicture(paintMsg{turn - 1}); cmd != nil {
					t.Error("a late message paints")
				}
				d.press("?")
				if d.picture.at.shown {
					t.Error("it is painted over a dialog")
				}
				d.press("esc")
				if d.picture.at != first || d.picture.turn == turn {
					t.Error("it is not painted again behind the dialog")
				}
			})
		})
	}
}

func TestSixelIsTakenWhereTheTerminalTellsOfIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.protocol = picture.HalfBlock
		d.send(uv.PrimaryDeviceAttributesEvent{62, 1, 6})
		if d.protocol != picture.HalfBlock {
			t.Error("Sixel without its attribute")
		}
		d.send(uv.PrimaryDeviceAttributesEvent{62, 4, 6})
		if d.protocol != picture.Sixel {
			t.Error("no Sixel with its attribute")
		}
	})
}

func TestTaskbarTellsTheBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t, 100, 30)
		d.give(4, poller.Running, poller.Succeeded)
		if bar := d.View().ProgressBar; bar == nil || bar.State != tea.ProgressBarDefault || bar.Value != 50 {
			t.Errorf("taskbar %+v, want 50 %%", bar)
		}
		d.give(4, poller.Running, poller.Failed)
		if bar := d.View().ProgressBar; bar == nil || bar.State != tea.ProgressBarError {
			t.Errorf("taskbar %+v, want an error", bar)
		}
		d.give(4, poller.Succeeded)
		if bar := d.View().ProgressBar; bar != nil {
			t.Errorf("taskbar %+v with nothing live", bar)
		}
		if title := d.View().WindowTitle; title != "polltop 4/4" {
			t.Errorf("title %q", title)
		}
	})
}
