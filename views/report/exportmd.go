package report

import (
	"bufio"
	"cmp"
	"fmt"
	"net/url"
	"strings"
	"time"

	"polltop/poller"
	"polltop/views"
	"polltop/views/safe"
)

// exportMarkdown writes a table as GitHub draws it, to be pasted into an issue:
// what a person wants to know of each task.
func exportMarkdown(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	w.WriteString("| Request | Endpoint | Label | State | Queued | Ran | Error type | Error | Next step | Outputs |\n" +
		"| --- | --- | --- | --- | ---: | ---: | --- | --- | --- | --- |\n")
	now := poller.StampOf(o.Now)
	for _, t := range tasks {
		message := t.Error
		if t.Trouble != nil && !t.State.Terminal() {
			message = t.Trouble.Error()
		}
		object := ObjectOf(t, EventTask, o.Now, o.result(t))
		cells := []string{
			code(t.Request.ID), code(t.Request.Endpoint), markdown(t.Request.Label), t.State.String(), took(t.QueueTime(now)), took(t.RunTime(now)),
			code(t.ErrorType), markdown(message), markdown(t.NextStep), links(&object),
		}
		w.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return nil
}

func took(d time.Duration, known bool) string {
	if !known {
		return ""
	}
	return views.Duration(d)
}

// code returns an id as code, in which no underscore means anything. Ids and endpoints hold
// nothing that would have to be escaped there; what does is no code.
func code(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("`|\\<>&", r) }) {
		return markdown(s)
	}
	return "`" + s + "`"
}

// markdown returns outside text as a cell of a table that shows just this text:
// no markup, no HTML, no second line.
func markdown(s string) string { return markup.Replace(safe.Line(s)) }

// markup escapes all characters that mean something in GitHub's Markdown within a line.
var markup = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;"}
	for _, r := range "\\`|*_~[]$" {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return strings.NewReplacer(pairs...)
}()

// links returns the outputs that have a web address as links, and names those whose
// bytes the result holds.
func links(o *TaskObject) string {
	var all []string
	for i, output := range o.Outputs {
		name := cmp.Or(output.Type, "output")
		if output.Inline {
			all = append(all, fmt.Sprintf("%s %d (inline)", markdown(name), i+1))
			continue
		}
		address, err := url.Parse(output.URL)
		if err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") {
			continue
		}
		all = append(all, fmt.Sprintf("[%s %d](<%s>)", markdown(name), i+1, linked(output.URL)))
	}
	return strings.Join(all, " ")
}

// linked returns an address as it may stand in a link in a table: what would
// end one or the other is escaped.
func linked(address string) string {
	var b strings.Builder
	for i := range len(address) {
		if c := address[i]; c <= ' ' || c > '~' || strings.IndexByte("<>|\\`\"", c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
