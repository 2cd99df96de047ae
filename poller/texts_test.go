package poller

import (
	"fmt"
	"strings"
	"testing"
	"unsafe"
)

func TestTextsAreSharedWithinBounds(t *testing.T) {
	var texts Texts
	first := texts.SameBytes([]byte("Task execution failed"))
	if again := texts.Same(strings.Clone(first)); unsafe.StringData(again) != unsafe.StringData(first) {
		t.Error("equal texts are not shared")
	}
	long := strings.Repeat("a", textMost+1)
	if texts.Same(long) != long || texts.Same("") != "" {
		t.Error("another text is returned")
	}
	for i := range 5 * textsMost {
		if text := fmt.Sprint("worker ", i, " is gone"); texts.Same(text) != text {
			t.Fatal("another text is returned")
		}
		if len(texts.held) > textsMost {
			t.Fatalf("%d texts are held", len(texts.held))
		}
	}
}
