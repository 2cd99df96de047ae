package index

import (
	"strings"
	"testing"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views"
)

// failedTask is what the filters below look at.
func failedTask() *poller.Task {
	return &poller.Task{
		State:     poller.Failed,
		Request:   queue.Request{ID: "mmsu_01HXYZ", Endpoint: "wan26_i2v", Label: "Night batch 7"},
		ErrorType: queue.ErrorBlocked,
		Error:     `Output "A" was blocked: Übergröße!`,
		Trouble:   &queue.Fault{Message: "no route to host"},
		NextStep:  "change the input", ProviderError: "1026: sensitive", ServiceRequestID: "fal-7f3a", StatusWord: "TIMED_OUT",
	}
}

func TestFilterLanguage(t *testing.T) {
	for _, tt := range []struct {
		source string
		match  bool
	}{
		{"", true},
		{"   ", true},
		{`"change the input"`, true},
		{`"submit again"`, false},
		{"sensitive", true},
		{"fal-7F3A", true},
		{"timed_out", true},
		{"mmsu_01hxyz", true},
		{"MMSU_01hxyz", true},
		{"xyz", true},
		{"xyzz", false},
		{"WAN26", true},
		{"failed", true},
		{"batch", true},
		{"label:", true},
		{"!label:", false},
		{"Label:NIGHT", true},
		{`label:"batch 7"`, true},
		{"label:batch 7", true},
		{"label:8", false},
		{"!label:8", true},
		{"label:wan26", false},
		{"label:failed", false},
		{`"label:batch"`, false}, // in quotes it is a text
		{"fail", true},
		{"queued", false},
		{"content_blocked", true},
		{"BLOCKED:", true},
		{"no route", true},
		{"route no", true}, // terms, in whatever order
		{`"no route"`, true},
		{`"route no"`, false},
		{`"NO ROUTE`, true}, // the quote is still to come
		{`no" "route`, true},
		{"wan26 failed blocked", true},
		{"wan26 done", false},
		{"wan26\tdone", false},
		{"!failed", false},
		{"!done", true},
		{"wan26 !nano", true},
		{"wan26 !blocked", false},
		{`!"no route"`, false},
		{`!"route no"`, true},
		{"!", true}, // the term is still to come
		{`!"`, true},
		{`""`, true},
		{`!""`, true},
		{"! failed", true}, // a space ends the term, as everywhere
		{`"!"`, true},      // the error text has one
		{`"!x"`, false},
		{"!!", false}, // has an exclamation mark
		{"e!", true},
		{"Übergröße", true},
		{"übergröße", false}, // only ASCII letters are folded
		{"01HXYZwan26", false},
		{"[", false},
		{"@", false},
		{"`", false},
		{"{", false},
	} {
		if got := compileFilter(tt.source).match(failedTask(), false); got != tt.match {
			t.Errorf("%q matches: %v, want %v", tt.source, got, tt.match)
		}
	}
}

func TestFilterSeesEveryStateByItsWord(t *testing.T) {
	for state := range poller.StateCount {
		for word := range poller.StateCount {
			task := &poller.Task{State: state}
			want := strings.Contains(state.String(), word.String())
			if got := compileFilter(`"`+word.String()+`"`).match(task, false); got != want {
				t.Errorf("a task that is %s matches %q: %v, want %v", state, word, got, want)
			}
		}
	}
}

func TestFilterFindsWhatStandsOut(t *testing.T) {
	for _, tt := range []struct {
		source string
		column views.Column
		cell   string
		want   string
	}{
		{"NANO", views.ColumnEndpoint, "a nano b", "nano"},
		{"b nano", views.ColumnEndpoint, "a nano b", "nano"}, // the first in the cell
		{"!nano", views.ColumnEndpoint, "nano", ""},
		{"none", views.ColumnEndpoint, "nano", ""},
		{"", views.ColumnEndpoint, "nano", ""},
		{"label:cat", views.ColumnLabel, "Cats", "Cat"},
		{"label:cat", views.ColumnID, "cats", ""},
		{"label:", views.ColumnLabel, "cats", ""},
		{"12", views.ColumnRun, "12s", ""},
	} {
		from, to := compileFilter(tt.source).find(tt.column, tt.cell)
		if got := tt.cell[from:to]; got != tt.want || got == "" && from != len(tt.cell) {
			t.Errorf("%q finds %q in %q, want %q", tt.source, got, tt.cell, tt.want)
		}
	}
}

func TestFilterDoesNotAllocate(t *testing.T) {
	f, task := compileFilter(`wan26 !"not found" BLOCKED nothing`), failedTask()
	if n := testing.AllocsPerRun(100, func() { f.match(task, false) }); n != 0 {
		t.Errorf("a match allocates %v times", n)
	}
}

// asciiLower folds as the filter should.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c | 0x20
		}
	}
	return string(b)
}

func FuzzContainsFold(f *testing.F) {
	f.Add("mmsu_01HXYZ", "hx")
	f.Add("aaab", "aab")
	f.Add("", "a")
	f.Add("K\xff", "k\xff")
	f.Add("\u212a", "k") // the Kelvin sign is no K
	f.Fuzz(func(t *testing.T, s, part string) {
		part = asciiLower(part)
		if part == "" {
			return
		}
		if got, want := indexFold(s, part) >= 0, strings.Contains(asciiLower(s), part); got != want {
			t.Errorf("indexFold(%q, %q) finds it: %v", s, part, got)
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("wan26 !nano", "wan26_i2v")
	f.Add(`!"not found`, "not found")
	f.Add(`"a b" c`, "A B C")
	f.Add(`!b`, "abc")
	f.Add(`label:ab`, "ab")
	f.Add(`!label:b`, "label:")
	f.Fuzz(func(t *testing.T, source, text string) {
		task := &poller.Task{Error: text, Request: queue.Request{Label: text}}
		n := compileFilter(source)
		for _, term := range n {
			if term.text == "" && !term.label || term.text != asciiLower(term.text) {
				t.Fatalf("%q has the term %q", source, term.text)
			}
		}
		// Quoting the text finds it: whatever stands on the screen can be filtered for.
		if quoted := strings.ReplaceAll(text, `"`, ""); quoted == text && text != "" && !compileFilter(`"`+text+`"`).match(task, false) {
			t.Errorf("%q is not found by itself in quotes", text)
		}
	})
}
