package views_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"polltop/views"
)

func benchmarkFrame(b *testing.B, width, height int) {
	p := screen(width, height)
	rows := tasks()
	p.Table.Rows = nil
	for i := range views.NewLayout(width, height, false).Rows {
		p.Table.Rows = append(p.Table.Rows, rows[i%len(rows)])
	}
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}

func BenchmarkFrame80x24(b *testing.B)  { benchmarkFrame(b, 80, 24) }
func BenchmarkFrame200x50(b *testing.B) { benchmarkFrame(b, 200, 50) }

// BenchmarkFrameDetail draws the pane beside the table.
func BenchmarkFrameDetail(b *testing.B) {
	p := screen(200, 50)
	p.Detail = &views.Detail{Task: failure(), Raw: []byte(rawFailure)}
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}

// BenchmarkDetailLines16KiB wraps a large answer.
func BenchmarkDetailLines16KiB(b *testing.B) {
	var raw strings.Builder
	raw.WriteString(`{"logs":[`)
	for i := 0; raw.Len() < 16<<10; i++ {
		fmt.Fprintf(&raw, `{"timestamp":"2026-03-02T14:05:%02dZ","message":"step %d of 400, latent 世界 decoded"},`, i%60, i)
	}
	raw.WriteString(`{}]}`)
	d := views.Detail{Task: failure(), Raw: []byte(raw.String())}
	b.ReportAllocs()
	for b.Loop() {
		detailLines(d, 77)
	}
}

// BenchmarkFrameGroups draws four hundred groups, of which few show.
func BenchmarkFrameGroups(b *testing.B) {
	p := grouped(200, 50)
	p.Groups.Rows = slices.Repeat(p.Groups.Rows, 100)
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}

func BenchmarkFrameStats(b *testing.B) {
	p := statistics(200, 50)
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}

// BenchmarkFrameResult draws the pane of a task with a hundred outputs.
func BenchmarkFrameResult(b *testing.B) {
	p := withResult(200, 50)
	p.Detail.Result.Result.Outputs = slices.Repeat(p.Detail.Result.Result.Outputs, 25)
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}

// BenchmarkFrameDialog lays a dialog over the screen.
func BenchmarkFrameDialog(b *testing.B) {
	p := screen(200, 50)
	p.Dialog = &views.Dialog{Title: "Keys", Body: strings.Split(strings.Repeat("a key and what it does\n", 40), "\n"), Hint: "esc close"}
	b.ReportAllocs()
	for b.Loop() {
		render(p)
	}
}
