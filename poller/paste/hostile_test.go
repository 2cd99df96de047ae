package paste_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"polltop/poller/paste"
)

// TestTimeIsLinear holds that the time grows with the text and not faster, on texts
// that would take a reader long that tries again at each place.
func TestTimeIsLinear(t *testing.T) {
	const size = 64 << 10
	source := sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{"https://cloud.seaart.ai/model"}})
	for _, unit := range []string{
		"[", "{\"a\":", "x", "\"", "'", "'\\", "\\", "> ", "- ", "12:00:00 ", "a1 ", "(a=", "([{", "{\n", "{\"a\":1,\n", "a: \n", "a:", "a=b ",
		"a|", "a | b\n", "https://x.y/requests/", "[a](http://b ", "<http://a|", "\x1b]8;;http://a\x1b\\", "mmsu_\n", "mmsu_01k-\n", "…", "# \n", "\"{\\\"a\\\":",
		"<tr><td>", "HTTP/2 200\n", "GET /a\nA: b\n", "\"a\",\"b\",", "{\"request_id\": \"x1234567\",\n\n", "request_id,model\n\"a\n", "url=https://queue.fal.run/a/b/requests/c1234567 ",
		"764cabcf-b745-4b3e-ae38-1200304cf45b ", "[\n", "(\n", "a: [\n", "a: {\"b\":1} {\"c\":2}\n", "A=mmsu_1\n$A ", "\r", "\x00", "mmsu_01kkkkkkkkkkkkkkkkkkkkkkkk ", "  a:\n", "- a: 1\n",
		"jobs 764cabcf-b745-4b3e-ae38-1200304cf45b, my-app and ", "request_id\n\"\n", "{\"model\":{\"model\":",
	} {
		check(t, unit, paste.Parse(strings.Repeat(unit, size/len(unit)), source))
		if ratio := growth(unit, size, source); ratio > 3 {
			t.Errorf("%q again and again takes %.1f times as long as in eight parts", unit, ratio)
		}
	}
}

// growth returns how many times as long size bytes of unit take as the same in eight parts:
// 1 where the time is linear, 8 where it is quadratic. Both take about as long, so that what
// else the machine does holds up both, and of some runs the least counts. What takes less
// than 50 ms is as good as linear.
func growth(unit string, size int, source paste.Source) float64 {
	const parts, runs, likely = 8, 5, 1.5
	took := func(size, times int) time.Duration {
		start := time.Now()
		for range times {
			paste.Parse(strings.Repeat(unit, size/len(unit)), source)
		}
		return time.Since(start)
	}
	least := math.Inf(1)
	for run := 0; run < runs && least > likely; run++ {
		whole := took(size, 1)
		if whole < 50*time.Millisecond {
			return 1
		}
		least = min(least, float64(whole)/float64(took(size/parts, parts)))
	}
	return least
}

// TestPiecesGiveTheSame holds that a text that comes in pieces is read as the whole.
func TestPiecesGiveTheSame(t *testing.T) {
	for _, name := range []string{"json_create", "csv_header", "yaml", "wrap_ids", "json_compose", "ep_headings", "plain_endpoints", "ruby_go_php", "curl_v", "toml"} {
		c := cases(t)[name]
		for _, size := range []int{1, 7, 64} {
			reader := paste.NewReader(sourceOf(t, c.want))
			var all paste.Result
			add := func(r paste.Result) {
				all.Requests = append(all.Requests, r.Requests...)
				all.Questions = append(all.Questions, r.Questions...)
				all.Problems = append(all.Problems, r.Problems...)
			}
			for rest := c.text; rest != ""; {
				n := min(size, len(rest))
				add(reader.Add(rest[:n]))
				rest = rest[n:]
			}
			add(reader.Finish())
			got, gotAsked := told(all)
			want, wantAsked := told(paste.Parse(c.text, sourceOf(t, c.want)))
			compare(t, name+": too much", name+": missing", got, want)
			compare(t, name+": too much", name+": missing", gotAsked, wantAsked)
		}
	}
}

// TestLinesAreReadAsTheyCome holds that a line which is whole waits for no other.
func TestLinesAreReadAsTheyCome(t *testing.T) {
	source := sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{"https://cloud.seaart.ai/model"}})
	reader := paste.NewReader(source)
	for _, line := range []string{
		"mmsu_01kd1j5kmvpkm4qev47hww1kep\n", "nano_banana_2 mmsu_01kecbw1da5qbw611na86m548a\n",
		`{"request_id":"d0vb1s2qpd69ejrfh5a0","endpoint":"kling_v3"}` + "\n",
		"10:00:00 submitted request_id=mmsu_01kgs462bxzd4j1c93dkcynx6c endpoint=kling_v3\n",
	} {
		if r := reader.Add(line); len(r.Requests) != 1 || reader.Held() {
			t.Errorf("%q gives %+v, held %v", line, r, reader.Held())
		}
	}
	if r := reader.Add("{\n  \"request_id\": \"d1vjt18ecjpisba8v7n0\",\n"); len(r.Requests) != 0 || !reader.Held() {
		t.Errorf("a value that is not whole gives %+v", r)
	}
	if r := reader.Flush(); len(r.Requests) != 0 {
		t.Errorf("a value that is not whole is given up: %+v", r)
	}
	if r := reader.Add("  \"endpoint\": \"kling_v3\"\n}\n"); len(r.Requests) != 1 || r.Requests[0].Endpoint != "kling_v3" {
		t.Errorf("its end gives %+v", r)
	}
	if r := reader.Add("request_id: dpa3ne4g3baugrg68di0\n"); len(r.Requests) != 0 {
		t.Errorf("a block waits for its next line, but gives %+v", r)
	}
	if r := reader.Flush(); len(r.Requests) != 1 {
		t.Errorf("a block is read after a silence, but gives %+v", r)
	}
}

// TestTextBehindAnotherIsReadAsTheFirst holds that a reader is at the start of a text when
// one has ended.
func TestTextBehindAnotherIsReadAsTheFirst(t *testing.T) {
	reader := paste.NewReader(sourceOf(t, want{DefaultEndpoint: "wan26_i2v", BaseURLs: []string{"https://cloud.seaart.ai/model"}}))
	for range 3 {
		reader.Add("ENDPOINT=kling_v3\nmmsu_01kd1j5kmvpkm4qev47hww1kep\n")
		if r := reader.Finish(); len(r.Requests) > 0 {
			t.Errorf("a text that was read is read again: %+v", r)
		}
		if r := reader.Add("mmsu_01kecbw1da5qbw611na86m548a\n"); len(r.Requests) != 1 || r.Requests[0].Endpoint != "wan26_i2v" {
			t.Errorf("the next text gives %+v", r)
		}
		if r := reader.Finish(); len(r.Requests)+len(r.Questions) > 0 {
			t.Errorf("its end gives %+v", r)
		}
	}
}
