package cli

import (
	"context"
	"strings"
	"testing"

	"polltop/poller/queue"
)

// A list is written page by page, to its end or to the page that fails.
func TestRecentWritesAllPages(t *testing.T) {
	pages := map[string]queue.ListPage{
		"":  {Items: []queue.ListedRequest{{RequestID: "id-1", Endpoint: "a/b", Input: []byte(`{"n": 1}`)}}, Next: "2"},
		"2": {Items: []queue.ListedRequest{{RequestID: "id-2\x1b[2J", Endpoint: "a/b"}}, Next: "2"}, // it names itself
	}
	var asked []string
	list := func(_ context.Context, q queue.ListQuery) (queue.ListPage, *queue.Fault) {
		asked = append(asked, q.Cursor)
		if page, ok := pages[q.Cursor]; ok {
			return page, nil
		}
		return queue.ListPage{}, &queue.Fault{Kind: queue.Missing, HTTP: 404}
	}
	var out strings.Builder
	if fault, err := writeRecent(t.Context(), &out, list, queue.ListQuery{}, false); fault != nil || err != nil || len(asked) != 2 {
		t.Errorf("%v, %v; asked for the pages %q", fault, err, asked)
	}
	if text := out.String(); !strings.HasPrefix(text, "a/b id-1\na/b id-2") || strings.Contains(text, "\x1b") || strings.Count(text, "\n") != 2 {
		t.Errorf("written %q", text)
	}
	out.Reset()
	delete(pages, "2")
	fault, err := writeRecent(t.Context(), &out, list, queue.ListQuery{}, true)
	if want := `{"request_id":"id-1","endpoint":"a/b","input":{"n":1}}` + "\n"; fault == nil || err != nil || out.String() != want {
		t.Errorf("%v, %v; written %q, want %q", fault, err, out.String(), want)
	}
}
