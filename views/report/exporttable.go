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

// exportCSV writes a header and a row for each task (RFC 4180), with the fields of the task object.
// Every row is one line. Outside text goes through csvText; numbers stay, also negative ones.
func exportCSV(w *bufio.Writer, tasks []*poller.Task, o ExportOptions) error {
	out, fields := csv.NewWriter(w), reflect.VisibleFields(reflect.TypeFor[TaskObject]())
	row, omitEmpty := make([]string, len(fields)), make([]bool, len(fields))
	for i, field := range fields {
		row[i], _, omitEmpty[i] = strings.Cut(field.Tag.Get("json"), ",")
	}
	_ = out.Write(row) // Error returns its error
	for _, t := range tasks {
		object := reflect.ValueOf(ObjectOf(t, EventTask, o.Now, o.Result(t.Seq)))
		for i := range fields {
			switch value := object.Field(i).Interface().(type) {
			case string:
				row[i] = csvText(value)
			case []OutputObject:
				row[i] = csvText(outputURLs(value))
			default:
				number, err := json.Marshal(value)
				if err != nil {
					return fmt.Errorf("task %q as CSV: %w", t.Request.ID, err)
				}
				if row[i] = string(number); omitEmpty[i] && object.Field(i).IsZero() {
					row[i] = ""
				}
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// outputURLs returns the outputs' URLs with spaces between them; spaces in a URL are escaped. An
// output whose bytes are in the result is "inline:" and its media type.
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

// csvText returns outside text as a cell. A cell that starts like a formula gets an apostrophe before
// it: a spreadsheet would run it, and it could send the table to anybody. So does each part after a
// semicolon, which separates cells in some countries. Characters that could control a terminal or
// break the line are escaped.
func csvText(s string) string {
	if !strings.ContainsFunc(s, mayNeedEscape) {
		return s
	}
	var b strings.Builder
	for part := range strings.SplitAfterSeq(s, ";") {
		if isFormula(part) {
			b.WriteByte('\'')
		}
		for _, r := range lineEnds.Replace(part) {
			if r < ' ' || controlsTerminal(r) {
				fmt.Fprintf(&b, `\u%04x`, r)
			} else {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// formulaSigns are the characters that a formula starts with, also in full width.
const formulaSigns = "=+-@＝＋－＠"

// mayNeedEscape reports whether text with this character may need a change.
func mayNeedEscape(r rune) bool {
	return strings.ContainsRune(formulaSigns, r) || r < ' ' || r == utf8.RuneError || controlsTerminal(r)
}

// isFormula reports whether a spreadsheet would take a cell that starts with the text for a formula.
// It ignores invisible characters and quotes before the sign. Some also take a tab or carriage
// return for one.
func isFormula(s string) bool {
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") {
		return true
	}
	r, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(s, func(r rune) bool {
		return r == '"' || unicode.IsSpace(r) || !unicode.IsGraphic(r)
	}))
	return r != utf8.RuneError && strings.ContainsRune(formulaSigns, r)
}

// lineEnds escapes line breaks and tabs.
var lineEnds = strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`)

// exportMarkdown writes a table for GitHub with the main facts of each task.
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
			codeCell(t.Request.ID), codeCell(t.Request.Endpoint), markdownCell(t.Request.Label), t.State.String(), durationCell(t.QueueTime(now)), durationCell(t.RunTime(now)),
			codeCell(t.ErrorType), markdownCell(message), markdownCell(t.NextStep), outputLinks(o.Result(t.Seq)),
		}
		w.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return nil
}

func durationCell(d time.Duration, known bool) string {
	if !known {
		return ""
	}
	return views.Duration(d)
}

// codeCell returns an id as code, in which an underscore is no markup. Text that would need escapes in
// code is not code.
func codeCell(s string) string {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("`|\\<>&", r) }) {
		return markdownCell(s)
	}
	return "`" + s + "`"
}

// markdownCell returns outside text as a cell without markup and on one line.
func markdownCell(s string) string { return markup.Replace(safe.Line(s)) }

// markup escapes the characters that are markup within a line of GitHub's Markdown.
var markup = func() *strings.Replacer {
	pairs := []string{"&", "&amp;", "<", "&lt;", ">", "&gt;"}
	for _, r := range "\\`|*_~[]$" {
		pairs = append(pairs, string(r), `\`+string(r))
	}
	return strings.NewReplacer(pairs...)
}()

// outputLinks returns links to the outputs with a web address, and the names of inline outputs.
func outputLinks(result *queue.Result) string {
	var all []string
	for i, output := range cmp.Or(result, &queue.Result{}).Outputs {
		name := cmp.Or(output.Type, "output")
		if output.Inline() {
			all = append(all, fmt.Sprintf("%s %d (inline)", markdownCell(name), i+1))
			continue
		}
		address, err := url.Parse(output.URL)
		if err != nil || address.Host == "" || (address.Scheme != "https" && address.Scheme != "http") {
			continue
		}
		all = append(all, fmt.Sprintf("[%s %d](<%s>)", markdownCell(name), i+1, linkAddress(output.URL)))
	}
	return strings.Join(all, " ")
}

// linkAddress returns an address for a link in a table, with characters escaped that would end them.
func linkAddress(address string) string {
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
