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

// printer writes to standard output and standard error, and erases the progress line before.
type printer struct {
	out    *bufio.Writer
	lines  *bufio.Writer // where the lines for people go
	err    io.Writer
	json   bool
	drawn  string // the progress line that is on the screen, "" for none
	failed error  // the first error of an object that is not written
}

func newPrinter(o Options) *printer {
	p := &printer{out: bufio.NewWriterSize(o.Out, 64<<10), err: o.Err, json: o.JSON}
	p.lines = p.out
	if o.JSON {
		p.lines = bufio.NewWriter(o.Err)
	}
	return p
}

// object writes an object for programs, with JSON.
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
	whole(p.out, line.Bytes())
}

func (p *printer) line(text string) {
	p.erase()
	whole(p.lines, []byte(text+"\n"))
}

// whole writes a whole line to a writer with a buffer, so that what goes to the same file past
// it stands between lines. The writer keeps its error until it is flushed.
func whole(w *bufio.Writer, line []byte) {
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

func (w *watch) draw() {
	elapsed := w.options.Clock().Sub(w.started)
	w.printer.draw(report.Progress(report.ProgressProps{
		Counts: w.counted(), ToSubmit: w.toSubmit(), Rate: float64(w.stats.Polls) / max(elapsed.Seconds(), 1), Elapsed: elapsed, Width: w.options.Width(),
	}))
}

// flush flushes both outputs and returns the first error of standard output.
func (p *printer) flush() error {
	// Errors of standard error can't be reported, and standard output is flushed below.
	_ = p.lines.Flush()
	return cmp.Or(p.failed, p.out.Flush())
}
