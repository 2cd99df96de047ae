//go:build !unix

package keyboard

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// ReadsBytes says that Bubble Tea reads keys from the console and no bytes, so that a PasteDetector is
// needed.
const ReadsBytes = false

// Options returns no options.
func Options() (restore func(tea.Msg) tea.Msg, options []tea.ProgramOption) {
	return func(msg tea.Msg) tea.Msg { return msg }, nil
}

// TerminalOf returns in.
func TerminalOf(in io.Reader) io.Reader { return in }
