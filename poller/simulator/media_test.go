package simulator

import (
	"bytes"
	"io"
	"testing"

	"pgregory.net/rapid"
)

// TestVideoProperties reads random pieces of a video, which are those of a
// longer piece around them.
func TestVideoProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := newVideo(rapid.Uint64().Draw(t, "seed"))
		if v.size < videoLeast || v.size >= videoMost {
			t.Fatalf("the size is %d", v.size)
		}
		start := rapid.SampledFrom([]int64{0, 1000, v.size - 400}).Draw(t, "start")
		if at, err := v.Seek(start-v.size, io.SeekEnd); err != nil || at != start {
			t.Fatalf("Seek returned %d, %v, want %d", at, err, start)
		}
		around, err := io.ReadAll(io.LimitReader(v, 400))
		if err != nil || len(around) != 400 {
			t.Fatalf("read %d bytes, %v", len(around), err)
		}
		for range 5 {
			from := rapid.Int64Range(start, start+400).Draw(t, "from")
			piece := make([]byte, rapid.Int64Range(0, start+400-from).Draw(t, "length"))
			offset, whence := from, io.SeekStart
			if rapid.Bool().Draw(t, "from where it is") {
				offset, whence = from-v.at, io.SeekCurrent
			}
			if at, err := v.Seek(offset, whence); err != nil || at != from {
				t.Fatalf("Seek(%d, %d) = %d, %v, want %d", offset, whence, at, err, from)
			}
			if _, err := io.ReadFull(v, piece); err != nil || !bytes.Equal(piece, around[from-start:][:len(piece)]) {
				t.Fatalf("at %d: %x, %v; want what is there in %x", from, piece, err, around)
			}
		}
		if _, err := v.Seek(0, io.SeekEnd); err != nil {
			t.Fatal(err)
		}
		if n, err := v.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Fatalf("at the end: %d, %v", n, err)
		}
		if _, err := v.Seek(-1, io.SeekStart); err == nil {
			t.Fatal("a video begins before its start")
		}
	})
}
