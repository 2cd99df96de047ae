package poller

import (
	"fmt"
	"slices"
	"strings"

	"polltop/poller/queue"
)

// resultsMost bounds the kept results together, in bytes of their answers.
const resultsMost = 64 << 20

// Fetched is the outcome of fetching a task's result.
type Fetched struct {
	Result queue.Result
	// Fault is why there is none; nil when there is.
	Fault *queue.Fault
	// Pending is set while it is being fetched.
	Pending bool
}

// beginFetch notes that a result is being fetched.
func (p *Poller) beginFetch(seq int32) { p.results.put(seq, Fetched{Pending: true}) }

// hasResult reports whether a result is there or being fetched. One that was evicted is
// fetched again when it is wanted.
func (p *Poller) hasResult(seq int32) bool {
	f, ok := p.results.get(seq)
	return ok && (f.Pending || f.Fault == nil)
}

// Result returns the outcome of fetching the task's result, and false where there is none:
// before Fetch, and when it was evicted from memory and is not on disk.
func (p *Poller) Result(seq int32) (Fetched, bool) {
	if f, ok := p.results.get(seq); ok {
		return f, true
	}
	raw, ok := p.options.Store.Result(seq)
	if !ok {
		return Fetched{}, false
	}
	made, fault := queue.DecodeResult(raw)
	return Fetched{Result: made, Fault: fault}, true
}

// madeTypes are the types of outputs that are told apart in Task.Made, in its order, with
// the words for one of them and for several. The last is any other type.
var madeTypes = [][3]string{{"image", "image", "images"}, {"video", "video", "videos"}, {"audio", "audio", "audios"}, {"", "output", "outputs"}}

// made says in a few words what outputs are: "2 images 512×384, 1 video". The size is told
// where all of a type have the same.
func made(outputs []queue.Output) string {
	var parts []string
	for i, words := range madeTypes {
		n, first, same := 0, queue.Output{}, true
		for _, o := range outputs {
			of := slices.IndexFunc(madeTypes, func(w [3]string) bool { return w[0] == o.Type || w[0] == "" })
			if of != i {
				continue
			}
			if n++; n == 1 {
				first = o
			}
			same = same && o.Width == first.Width && o.Height == first.Height
		}
		if n == 0 {
			continue
		}
		text := fmt.Sprintf("%d %s", n, words[min(n, 2)])
		if same && first.Width > 0 && first.Height > 0 {
			text += fmt.Sprintf(" %d×%d", first.Width, first.Height)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}
