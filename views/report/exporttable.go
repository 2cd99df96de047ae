package report

import (
	"bufio"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
	"polltop/views/safe"
)

// exportCSV writes a header and a row a task (RFC 4180), with the fields of the task object.
// Every row is one line. What came from outside goes through text; what is polltop's own
// number stays a number, also a negative one.
func exportCSV(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	out := csv.NewWriter(w)
	var fields []string
	for field := range reflect.TypeFor[TaskObject]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	// The writer keeps its first error, which Error returns.
	_ = out.Write(fields)
	row := make([]string, len(fields))
	for _, t := range tasks {
		object := ObjectOf(t, EventTask, o.Now, o.Result(t.Seq))
		line, err := encode(object, "", "")
		if err != nil {
			return err
		}
		var values map[string]json.RawMessage
		if err := json.Unmarshal(line, &values); err != nil {
			return err
		}
		for i, f := range fields {
			var s string
			switch value := values[f]; {
			case f == "outputs":
				row[i] = text(outputURLs(object.Outputs))
			case len(value) > 0 && value[0] == '"':
				if err := json.Unmarshal(value, &s); err != nil {
					return err
				}
				row[i] = text(s)
			default:
				row[i] = string(value)
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// outputURLs returns the outputs' URLs with spaces between them. An URL can
// hold no space; one that does all the same gets its escape. An output whose bytes
// the result holds is "inline:" and its media type.
func outputURLs(outputs []OutputObject) string {
	var urls []string
	for _, output := range outputs {
		switch {
		case output.URL != "":
			urls = append(urls, strings.ReplaceAll(output.URL, " ", "%20"))
		case output.Inline:
			urls = append(urls, "inline:"+output.ContentType)
		}
	}
	return strings.Join(urls, " ")
}

// text returns outside text as a cell. A spreadsheet takes a cell that starts like a formula
// for one, and with it can be made to send the table to anybody: such a cell gets an apostrophe
// before it. So does each part behind a semicolon that starts so, as in some countries
// spreadsheets cut the cells there. What could control a terminal or break the line is shown by
// its escape, so that nothing is lost.
func text(s string) string {
	if !strings.ContainsFunc(s, peculiar) {
		return s
	}
	var b strings.Builder
	for part := range strings.SplitAfterSeq(s, ";") {
		if formula(part) {
			b.WriteByte('\'')
		}
		for _, r := range lineEnds.Replace(part) {
			if r < ' ' || harmful(r) {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// formulaSigns are what a formula starts with, also as East Asia writes them.
const formulaSigns = "=+-@＝＋－＠"

// peculiar reports whether text with this character in it may need a change.
func peculiar(r rune) bool {
	return strings.ContainsRune(formulaSigns, r) || r < ' ' || r == utf8.RuneError || harmful(r)
}

// formula reports whether a cell that starts with the text would be taken for a
// formula: what does not show before its sign, and quotes, count for nothing,
// and a tab or carriage return has been enough for some.
func formula(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return true
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '"' || unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}))
	return r != utf8.RuneError && strings.ContainsRune(formulaSigns, r)
}

// lineEnds shows what ends or divides lines by the escapes that are common.
var lineEnds = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// exportMarkdown writes a table for an issue on GitHub: what a person wants to know of each task.
func exportMarkdown(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	w.WriteString("| Request | Endpoint | Label | State | Queued | Ran | Error type | Error | Next step | Outputs |\n" +
		"| --- | --- | --- | --- | ---: | ---: | --- | --- | --- | --- |\n")
	now := poller.StampOf(o.Now)
	for _, t := range tasks {
		message := t.Error
		if t.Trouble != nil && !t.State.Terminal() {
			message = t.Trouble.Error()
		}
		cells := []string{
			code(t.Request.ID), code(t.Request.Endpoint), markdown(t.Request.Label), t.State.String(), took(t.QueueTime(now)), took(t.RunTime(now)),
			code(t.ErrorType), markdown(message), markdown(t.NextStep), links(o.Result(t.Seq)),
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

// markdown returns outside text as a cell that shows just this text: no markup, no second line.
func markdown(s string) string { return markup.Replace(safe.Line(s)) }

// markup escapes all characters that mean something in GitHub's Markdown within a line.
var markup = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;"}
	for _, r := range "\\`|*_~[]$" {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return strings.NewReplacer(pairs...)
}()

// links returns the outputs with a web address as links, and names those whose bytes the result has.
func links(result *queue.Result) string {
	var all []string
	for i, output := range cmp.Or(result, &queue.Result{}).Outputs {
		name := cmp.Or(output.Type, "output")
		if output.Inline() {
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

// linked returns an address for a link in a table: what would end one or the other is escaped.
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
