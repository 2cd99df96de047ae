package poller

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"polltop/poller/queue"
)

// What is found is what a map would find, whatever comes and goes.
func TestKnownFindsWhatAMapWould(t *testing.T) {
	bases := []*queue.Base{{}, {}}
	rapid.Check(t, func(t *rapid.T) {
		k, want := newKnown(), map[queue.Key]int32{}
		var tasks []*Task
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			key := queue.Key{Base: rapid.SampledFrom(bases).Draw(t, "base"), ID: fmt.Sprint(rapid.IntRange(0, 40).Draw(t, "id"))}
			seq, found := k.find(tasks, key)
			if was, there := want[key]; there != found || there && seq != was {
				t.Fatalf("%v is found: %v, as %d, and should: %v, as %d", key, found, seq, there, was)
			}
			switch {
			case !found:
				seq = int32(len(tasks))
				tasks = append(tasks, &Task{Seq: seq, Request: queue.Request{ID: key.ID, Base: key.Base}})
				k.put(tasks, seq)
				want[key] = seq
			case rapid.Bool().Draw(t, "drop"):
				k.drop(tasks, key)
				tasks[seq] = nil
				delete(want, key)
			}
			if k.count != len(want) {
				t.Fatalf("%d are known and %d should be", k.count, len(want))
			}
		}
		for key, was := range want {
			if seq, found := k.find(tasks, key); !found || seq != was {
				t.Fatalf("%v is found: %v, as %d, and should as %d", key, found, seq, was)
			}
		}
	})
}
