package input_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"polltop/model/input"
)

func TestStandardInputAddsAsLinesCome(t *testing.T) {
	r, w := io.Pipe()
	b := start(t, r)
	fmt.Fprint(w, "mmsu_01hxyz00000000000000000001\nmmsu_01hx")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	fmt.Fprint(w, "yz00000000000000000002\nhttp://localhost:80/v1/queue/kling/requests/$ID/status\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	fmt.Fprint(w, "mmsu_01hxyz00000000000000000003")
	w.Close()
	b.until(func() bool { return b.latest["standard input"].Ended })
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002", "mmsu_01hxyz00000000000000000003")
	s := b.latest["standard input"]
	if s.Err != nil || s.Tracked.Added != 3 || s.RefusedLines != 1 {
		t.Errorf("the stream is %+v", s)
	}
	if len(b.badText) != 1 || b.badText[0].From != "standard input" || b.badText[0].Line != 3 {
		t.Errorf("the problems are %+v", b.badText)
	}
	if b.next() {
		t.Error("there is news after the end of all streams")
	}
}

func TestStandardInputThatFailsSaysSo(t *testing.T) {
	broken := errors.New("the wire was cut")
	b := start(t, io.MultiReader(strings.NewReader("mmsu_01hxyz00000000000000000001\nmmsu_01hxyz00000000000000000002"), iotest.ErrReader(broken)))
	b.until(func() bool { return b.latest["standard input"].Ended })
	b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
	if !errors.Is(b.latest["standard input"].Err, broken) {
		t.Errorf("the stream is %+v", b.latest)
	}
	b.wantNotice("standard input can't be read on: the wire was cut")
}

func TestStandardInputThatGivesNothingEnds(t *testing.T) {
	b := start(t, nothing{})
	b.until(func() bool { return b.latest["standard input"].Ended })
	if !errors.Is(b.latest["standard input"].Err, io.ErrNoProgress) {
		t.Errorf("the stream is %+v", b.latest)
	}
}

type nothing struct{}

func (nothing) Read([]byte) (int, error) { return 0, nil }

func TestRunReturnsWhileStandardInputIsSilent(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close() // lets the last Read return, so that nothing is left behind
	b := start(t, r)
	fmt.Fprint(w, "mmsu_01hxyz00000000000000000001\n")
	b.wantIDs("mmsu_01hxyz00000000000000000001")
	b.stop()
	if b.next() {
		t.Error("there is news after the end")
	}
}

// Ten thousand lines a second are tracked some three hundred at a time, and told
// of as often as a screen is drawn.
func TestLinesThatComeOneByOneAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all, _ := ids("fast", 10_000)
		r, w := io.Pipe()
		b := start(t, r)
		begin := time.Now()
		go func() {
			defer w.Close()
			for _, id := range all {
				fmt.Fprintln(w, id)
				time.Sleep(100 * time.Microsecond)
			}
		}()
		news := 0
		b.until(func() bool { news++; return b.latest["standard input"].Ended })
		b.wantIDs(all...)
		ticks := int(time.Since(begin)/(33*time.Millisecond)) + 2
		if b.tracker.calls > ticks || news > ticks+1 {
			t.Errorf("in %d ticks, requests were tracked %d times and told of %d times", ticks, b.tracker.calls, news)
		}
	})
}

func TestALineAfterASilenceIsTrackedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		b := start(t, r)
		for _, id := range []string{"mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002"} {
			time.Sleep(time.Minute)
			begin := time.Now()
			fmt.Fprintln(w, id)
			b.next()
			if waited := time.Since(begin); waited != 0 {
				t.Errorf("%s was told of after %v", id, waited)
			}
		}
		b.wantIDs("mmsu_01hxyz00000000000000000001", "mmsu_01hxyz00000000000000000002")
		w.Close()
	})
}

// Without someone to fetch them, problems do not pile up without bound.
func TestReadingWaitsForProblemsToBeFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const line = "http://localhost:80/v1/queue/kling/requests/$ID/status\n"
		text := strings.NewReader(strings.Repeat(line, 100_000))
		b := start(t, text)
		synctest.Wait()
		if read := 100_000 - text.Len()/len(line); read > 40_000 {
			t.Errorf("%d lines were read before anything was fetched", read)
		}
		for b.next() {
		}
		if len(b.badText) != 100_000 || b.latest["standard input"].RefusedLines != 100_000 {
			t.Errorf("%d problems were told of", len(b.badText))
		}
	})
}

func TestNextReturnsWhenItsContextEnds(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	b := start(t, r)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, ok := b.reader.Next(ctx); ok {
		t.Error("there is news")
	}
}

func TestReaderOfNothing(t *testing.T) {
	reader, err := input.NewReader(input.Options{Source: testSource(t)})
	if err != nil {
		t.Fatal(err)
	}
	reader.Run(context.Background())
	if _, ok := reader.Next(context.Background()); ok {
		t.Error("there is news")
	}
}
