package store

import (
	"fmt"
	"strings"
)

// Damage is what was found damaged while a session was read, and what was done about it.
type Damage struct {
	// Kept is the new name of a damaged file, "" for a sound one, and Rows the number of
	// tasks that could be read in it.
	Kept string
	Rows int
	// Records is the number of unusable records. They were put aside unless Lacking says
	// why not.
	Records int
	Lacking error
}

// Text describes the damage for people; "" for none.
func (d Damage) Text(session string) string {
	var parts []string
	if d.Kept != "" {
		parts = append(parts, fmt.Sprintf("the session's file was damaged: %d tasks could be read and are in a new one, the damaged one is kept as %s", d.Rows, d.Kept))
	}
	switch {
	case d.Records > 0 && d.Lacking != nil:
		parts = append(parts, fmt.Sprintf("%s: they stay where they are, as they can't be kept aside: %v", UnreadableText(d.Records, session), d.Lacking))
	case d.Records > 0:
		parts = append(parts, AsideText(d.Records, session))
	}
	return strings.Join(parts, "; ")
}

// LoadSound returns the usable tasks of the session. It puts unusable records aside, and
// rebuilds a damaged file from what can be read in it. The process must hold the session's
// lock.
func (s *Store) LoadSound(bases BaseOf) (Snapshot, Damage, error) {
	var found Damage
	loaded, err := Snapshot{}, s.Check()
	if err == nil {
		loaded, err = s.loadAndSetAside(bases, &found)
	}
	if Damaged(err) {
		// Deleting rows also detects an index that lacks them.
		if found.Kept, found.Rows, err = s.Salvage(); err == nil {
			loaded, err = s.loadAndSetAside(bases, &found)
		}
		if Damaged(err) && found.Records > 0 {
			found.Lacking, err = err, nil // the rest can be used
		}
	}
	return loaded, found, err
}

// loadAndSetAside returns the usable tasks and puts the other rows aside. Its error is damage
// or why reading failed.
func (s *Store) loadAndSetAside(bases BaseOf, found *Damage) (Snapshot, error) {
	found.Records = 0
	loaded, err := s.Load(bases)
	if err != nil {
		return loaded, err
	}
	found.Records = loaded.Unreadable
	_, err = s.SetAside(loaded)
	if Damaged(err) {
		return loaded, err
	}
	found.Lacking = err
	return loaded, nil
}
