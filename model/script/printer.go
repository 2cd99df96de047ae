package script

import (
	"bufio"
	"bytes"
	"cmp"
	"io"

	"github.com/charmbracelet/x/ansi"

	"polltop/views/report"
	"polltop/views/safe"
)

// printer writes to standard output and standard error. It erases the progress line first.
type printer struct {
	out    *bufio.Writer
	lines  *bufio.Writer // for the lines for people: out, or standard error with JSON
	err    io.Writer
	json   bool
	drawn  string // the progress line that is on the screen, "" for none
	failed error  // the first error of encoding an object
}

func newPrinter(o Options) *printer {
	p := &printer{out: bufio.NewWriterSize(o.Out, 64<<10), err: o.Err, json: o.JSON}
	p.lines = p.out
	if o.JSON {
		p.lines = bufio.NewWriter(o.Err)
	}
	return p
}

// object writes a JSON object, if JSON was asked for.
func (p *printer) object(o any) {
	if !p.json {
		return
	}
	p.erase()
	var line bytes.Buffer
	if err := report.Encode(&line, o); err != nil {
		p.failed = cmp.Or(p.failed, err)
		return
	}
	writeLine(p.out, line.Bytes())
}

// line writes a line for people.
func (p *printer) line(text string) {
	p.erase()
	writeLine(p.lines, []byte(text+"\n"))
}

// writeLine writes a line that the buffer does not split, because notices may go to the same file
// directly. Flush returns the writer's first error.
func writeLine(w *bufio.Writer, line []byte) {
	if w.Available() < len(line) {
		_ = w.Flush()
	}
	_, _ = w.Write(line)
}

// notice writes a line to standard error, at once. The text may have any characters.
func (p *printer) notice(text string) {
	p.erase()
	_, _ = io.WriteString(p.err, "polltop: "+safe.Line(text)+"\n")
}

// draw replaces the progress line.
func (p *printer) draw(text string) {
	if text != p.drawn {
		_, _ = io.WriteString(p.err, "\r"+text+ansi.EraseLineRight)
		p.drawn = text
	}
}

func (p *printer) erase() {
	if p.drawn != "" {
		_, _ = io.WriteString(p.err, "\r"+ansi.EraseLineRight)
		p.drawn = ""
	}
}

// draw draws the progress line.
func (m *monitor) draw() {
	elapsed := m.options.Clock().Sub(m.started)
	m.printer.draw(report.Progress(report.ProgressProps{
		Counts: m.countsByState(), ToSubmit: m.toSubmit(), Rate: float64(m.stats.Polls) / max(elapsed.Seconds(), 1), Elapsed: elapsed, Width: m.options.Width(),
	}))
}

// flush flushes both outputs and returns the first error of standard output.
func (p *printer) flush() error {
	// An error of standard error can't be reported. An error of standard output is returned below.
	_ = p.lines.Flush()
	return cmp.Or(p.failed, p.out.Flush())
}
