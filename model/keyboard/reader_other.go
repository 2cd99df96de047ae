//go:build !unix

package keyboard

import tea "charm.land/bubbletea/v2"

// Options returns no options. A Windows console is read as records of keys, which come
// whole, and past any reader in front of it.
func Options() []tea.ProgramOption { return nil }
