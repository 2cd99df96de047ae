package fileerr

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCauseNamesNoPath(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	_, opened := os.Open(missing)
	other := errors.New("something else")
	for _, err := range []error{opened, fmt.Errorf("wrapped: %w", opened), os.Rename(missing, missing+"2")} {
		if got := Cause(err); !errors.Is(got, os.ErrNotExist) || strings.Contains(got.Error(), missing) {
			t.Errorf("of %v: %v", err, got)
		}
	}
	if got := Cause(other); got != other {
		t.Errorf("of %v: %v", other, got)
	}
	if Cause(nil) != nil {
		t.Error("the cause of no error is one")
	}
}
