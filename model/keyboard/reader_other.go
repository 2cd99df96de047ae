//go:build !unix

package keyboard

import (
	"io"

	tea "charm.land/bubbletea/v2"
)

// ReadsBytes says that keys come as records from the console, which Bubble Tea reads
// past any reader in front of it: a Gatherer has to find the pastes among them.
const ReadsBytes = false

// Options returns no options.
func Options() (restore func(tea.Msg) tea.Msg, options []tea.ProgramOption) {
	return func(msg tea.Msg) tea.Msg { return msg }, nil
}

// Terminal returns what it is given.
func Terminal(in io.Reader) io.Reader { return in }
