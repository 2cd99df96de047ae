package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"unicode"
	"unicode/utf8"

	"polltop/poller"
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
		object := ObjectOf(t, EventTask, o.Now, o.result(t))
		values, err := valuesOf(object)
		if err != nil {
			return err
		}
		for i, f := range fields {
			switch v := values[f].(type) {
			case nil:
				row[i] = ""
			case string:
				row[i] = text(v)
			case []any:
				row[i] = text(outputURLs(object.Outputs))
			default:
				row[i] = fmt.Sprint(v)
			}
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func valuesOf(o TaskObject) (values map[string]any, err error) {
	line, err := encode(o, "", "")
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	return values, decoder.Decode(&values)
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
