package script

import (
	"bufio"
	"io"

	"github.com/charmbracelet/x/ansi"
)

// printer writes reports to standard output and standard error, and erases the progress line
// before them.
type printer struct {
	out   *bufio.Writer
	lines *bufio.Writer // where the lines for people go
	err   io.Writer
	drawn string // the progress line that is on the screen, "" for none
}

func newPrinter(o Options) *printer {
	p := &printer{out: bufio.NewWriterSize(o.Out, 64<<10), err: o.Err}
	p.lines = p.out
	if o.JSON {
		p.lines = bufio.NewWriter(unfailing{o.Err})
	}
	return p
}

// unfailing ignores the errors of standard error: there is nowhere to report them.
type unfailing struct{ w io.Writer }

func (u unfailing) Write(b []byte) (int, error) {
	_, _ = u.w.Write(b)
	return len(b), nil
}

// object writes an object for programs.
func (p *printer) object(o interface{ Encode(io.Writer) error }) error {
	p.erase()
	return o.Encode(p.out)
}

// line writes a line for people.
func (p *printer) line(text string) {
	p.erase()
	// A writer with a buffer keeps its error until it is flushed.
	p.lines.WriteString(text)
	p.lines.WriteByte('\n')
}

// notice writes a line to standard error, at once.
func (p *printer) notice(text string) {
	p.erase()
	_, _ = io.WriteString(p.err, "polltop: "+text+"\n")
}

// draw shows the progress line.
func (p *printer) draw(text string) {
	if text != p.drawn {
		_, _ = io.WriteString(p.err, "\r"+text+ansi.EraseLineRight)
		p.drawn = text
	}
}

// erase takes the progress line off the screen.
func (p *printer) erase() {
	if p.drawn != "" {
		_, _ = io.WriteString(p.err, "\r"+ansi.EraseLineRight)
		p.drawn = ""
	}
}

// flush flushes both outputs and returns the error of standard output.
func (p *printer) flush() error {
	// Standard error's writer can't fail, and standard output is flushed below.
	_ = p.lines.Flush()
	return p.out.Flush()
}
