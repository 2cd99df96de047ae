package model

// preview is the picture of an output in the detail pane.
type preview struct {
	lines []string
	width int
}
