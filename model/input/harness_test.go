package input_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"polltop/model/input"
	"polltop/poller"
	"polltop/poller/paste"
	"polltop/poller/queue"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come.
const patience = 60 * time.Second

func testSource(t testing.TB) paste.Source {
	t.Helper()
	base, err := queue.ParseBase("http://localhost:80/v1/queue")
	if err != nil {
		t.Fatal(err)
	}
	return paste.Source{Bases: []*queue.Base{base}, Endpoint: "kling"}
}

// tracker stands in for the poller.
type tracker struct {
	mu    sync.Mutex
	known map[queue.Key]bool
	ids   []string // all that came, in their order, duplicates included
	calls int
}

func (k *tracker) track(requests []queue.Request) poller.Tracked {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.calls++
	tracked := poller.Tracked{First: -1}
	for _, r := range requests {
		k.ids = append(k.ids, r.ID)
		if k.known[r.Key()] {
			tracked.AlreadyTracked++
			continue
		}
		if tracked.First < 0 {
			tracked.First = int32(len(k.known))
		}
		k.known[r.Key()] = true
		tracked.Added++
	}
	return tracked
}

func (k *tracker) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.ids)
}

// bench runs a reader, and keeps what it told.
type bench struct {
	t       testing.TB
	tracker *tracker
	reader  *input.Reader
	latest  map[string]input.Status // by the stream's name
	notices []input.Notice
	said    map[string]int // how often each notice came
	badText []paste.Problem
	stop    func()
}

// start runs a reader until the test ends.
func start(t testing.TB, stdin io.Reader, follow ...string) *bench {
	t.Helper()
	b := &bench{t: t, tracker: &tracker{known: map[queue.Key]bool{}}, latest: map[string]input.Status{}, said: map[string]int{}}
	o := input.Options{Source: testSource(t), Track: b.tracker.track, Follow: follow}
	if stdin != nil {
		o.Streams = []input.Stream{{Name: "standard input", Reader: stdin}}
	}
	reader, err := input.NewReader(o)
	if err != nil {
		t.Fatal(err)
	}
	b.reader = reader
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); reader.Run(ctx) }()
	b.stop = func() {
		cancel()
		select {
		case <-ended:
		case <-time.After(patience):
			t.Fatal("Run did not return when its context had ended")
		}
	}
	t.Cleanup(b.stop)
	return b
}

// next takes in the next news, and reports whether there is any.
func (b *bench) next() bool {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	s, ok := b.reader.Next(ctx)
	if ctx.Err() != nil {
		b.t.Fatalf("no news came; so far: ids %q, notices %+v, streams %+v", b.tracker.all(), b.notices, b.latest)
	}
	if !ok {
		return false
	}
	b.latest[s.From] = s
	b.badText = append(b.badText, s.Problems...)
	b.notices = append(b.notices, s.Notices...)
	for _, n := range s.Notices {
		b.said[n.Text]++
	}
	return true
}

// until takes in news until a condition holds.
func (b *bench) until(holds func() bool) {
	b.t.Helper()
	for !holds() {
		if !b.next() {
			b.t.Fatalf("the news ended; so far: ids %q, notices %+v, streams %+v", b.tracker.all(), b.notices, b.latest)
		}
	}
}

// wantIDs waits until as many requests have come and been told of, and fails the
// test unless they are these.
func (b *bench) wantIDs(ids ...string) {
	b.t.Helper()
	b.until(func() bool {
		told := 0
		for _, s := range b.latest {
			told += s.Tracked.Added + s.Tracked.AlreadyTracked
		}
		return told >= len(ids)
	})
	if got := b.tracker.all(); !slices.Equal(got, ids) {
		b.t.Fatalf("the requests are %q, not %q", got, ids)
	}
}

// wantNotice waits for a notice.
func (b *bench) wantNotice(text string) {
	b.t.Helper()
	b.until(func() bool { return b.said[text] > 0 })
}

// file is a file that tests change.
type file struct {
	t    testing.TB
	path string
}

func tempFile(t testing.TB) file { return file{t, filepath.Join(t.TempDir(), "tasks.log")} }

func (f file) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// append appends to the file, which is made if need be.
func (f file) append(text string) {
	f.t.Helper()
	file, err := os.OpenFile(f.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	f.must(err)
	_, err = file.WriteString(text)
	f.must(err)
	f.must(file.Close())
}

// rewrite replaces what is in the file, which stays the same file.
func (f file) rewrite(text string) {
	f.t.Helper()
	f.must(os.WriteFile(f.path, []byte(text), 0o600))
}

// ids returns n different ids and the text that gives them.
func ids(prefix string, n int) ([]string, string) {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf("mmsu_01hxyz%s%0*d", prefix, 20-len(prefix), i))
	}
	return all, strings.Join(all, "\n") + "\n"
}
