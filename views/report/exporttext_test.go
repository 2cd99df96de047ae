package report

import (
	"encoding/csv"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"polltop/poller"
	"polltop/poller/queue"
)

// outside draws text as services, files and attackers write it.
func outside() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[ \t;"'|\\<&=+@a-]{0,12}`), rapid.SampledFrom([]string{
		"=1+1", "  =1", "\t=1", "\r\n@x", "a;=1", "a; +1", "\u200b=1", "\ufeff-1", "＝1", `";"=1`, "\x1b[2J", "\x9b", "a\nb|c", "`</td>`", "@SUM(A1)", "https://e.example/a-b",
	}))
}

// arbitrary draws a task with any texts and its result.
func arbitrary(rt *rapid.T) (*poller.Task, *queue.Result) {
	text := outside()
	task := &poller.Task{
		State: poller.State(rapid.IntRange(0, int(poller.StateCount)-1).Draw(rt, "state")), QueuePosition: rapid.Int32().Draw(rt, "position"),
		InferenceTime: rapid.Float64Range(-10, 1e6).Draw(rt, "inference"), Error: text.Draw(rt, "error"), ErrorType: text.Draw(rt, "type"),
		Request:    queue.Request{ID: text.Draw(rt, "id"), Endpoint: text.Draw(rt, "endpoint"), Label: text.Draw(rt, "label")},
		Trouble:    &queue.Fault{Message: text.Draw(rt, "trouble")},
		StatusWord: text.Draw(rt, "word"), NextStep: text.Draw(rt, "next step"), ProviderError: text.Draw(rt, "provider"),
		ServiceRequestID: text.Draw(rt, "service id"), Cost: rapid.Float64Range(-1, 1e6).Draw(rt, "cost"), CostUnit: text.Draw(rt, "unit"),
	}
	return task, &queue.Result{Outputs: []queue.Output{{Type: text.Draw(rt, "kind"), URL: text.Draw(rt, "url")}, {URL: "https://e.example/" + text.Draw(rt, "path")}}}
}

// TestCSVProperties holds that any task is one row, harmless to spreadsheets
// and terminals, from which the plain texts come back.
func TestCSVProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, result := arbitrary(rt)
		out := export(t, CSV, []*poller.Task{task}, ExportOptions{Now: noon, Result: func(int32) *queue.Result { return result }})
		if strings.Count(out, "\n") != 2 || strings.ContainsFunc(strings.ReplaceAll(out, "\n", ""), func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) {
			rt.Fatalf("%q is not two harmless lines", out)
		}
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil || len(rows) != 2 {
			rt.Fatalf("%q: %v", out, err)
		}
		for i, cell := range rows[1] {
			switch rows[0][i] {
			case "queue_position", "inference_time", "queued_s", "running_s", "polls", "progress", "cost":
				continue // polltop's own numbers
			}
			for part := range strings.SplitSeq(cell, ";") {
				if start := strings.TrimLeft(part, " \u00a0\u2003\""); start != "" && strings.ContainsRune("=+-@＝＋－＠", []rune(start)[0]) {
					rt.Fatalf("%s: %q begins a formula", rows[0][i], cell)
				}
			}
		}
		if e := task.Error; !strings.ContainsFunc(e, mayNeedEscape) && rows[1][7] != e {
			rt.Fatalf("the error %q became %q", e, rows[1][7])
		}
	})
}

func TestCSVCells(t *testing.T) {
	for given, want := range map[string]string{
		"plain": "plain", "=1": "'=1", "-5": "'-5", "  @x": "'  @x", "\tx": `'\tx`, "\rx": `'\rx`, "a=b": "a=b", "a;b": "a;b",
		"a; =b": "a;' =b", "it's": "it's", "a\nb": `a\nb`, "\x1b[0m": `\u001b[0m`, "雨": "雨", "": "", `\n`: `\n`, "\xff": "\ufffd",
	} {
		if got := csvText(given); got != want {
			t.Errorf("%q is the cell %q, want %q", given, got, want)
		}
	}
}

// TestMarkdownProperties holds that any task is one row of the table's cells, in
// which no character from outside means anything.
func TestMarkdownProperties(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		task, result := arbitrary(rt)
		out := export(t, Markdown, []*poller.Task{task}, ExportOptions{Now: noon, Result: func(int32) *queue.Result { return result }})
		lines := strings.Split(out, "\n")
		if len(lines) != 4 {
			rt.Fatalf("%q is not three lines", out)
		}
		row := lines[2]
		if strings.ContainsFunc(row, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) {
			rt.Fatalf("%q can control a terminal", row)
		}
		// The backslash escapes apart, there are the cells' borders, code of a
		// plain form, links, and nothing else.
		bare := escapes.Replace(row)
		if got := strings.Count(bare, "|"); got != 11 {
			rt.Fatalf("%q has %d borders", row, got)
		}
		for i, cell := range strings.Split(bare, "|") {
			if i == 10 {
				cell = link.ReplaceAllString(cell, "")
			} else if ticks := strings.Count(cell, "`"); ticks == 2 && strings.HasPrefix(cell, " `") && strings.HasSuffix(cell, "` ") {
				continue
			}
			if strings.ContainsAny(cell, "`<>\\*[]") {
				rt.Fatalf("cell %d of %q holds markup: %q", i, row, cell)
			}
		}
	})
}

// link matches a link, within whose address only its end means anything.
var link = regexp.MustCompile(`\[[^\]]*\]\(<[^<>]*>\)`)

// escapes takes the escapes of Markdown away.
var escapes = func() *strings.Replacer {
	var pairs []string
	for _, r := range "\\`|*_~[]$" {
		pairs = append(pairs, `\`+string(r), "")
	}
	return strings.NewReplacer(pairs...)
}()
