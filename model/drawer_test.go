package model

import (
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
)

// Without it the dashboard works, but takes a percent of a core while nothing
// happens: a new version of Bubble Tea may want another way.
func TestDrawerTakesOverWhenBubbleTeaDraws(t *testing.T) {
	d := newDrawer(tea.NewProgram(New(Options{Clock: time.Now})))
	if d == nil {
		t.Fatal("Bubble Tea draws by itself")
	}
	defer d.stop()
}
