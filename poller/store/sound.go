package store

import (
	"fmt"
	"strings"
)

// Damage says what was found damaged while a session was read, and what became of it.
type Damage struct {
	// Kept is where a damaged file was put, "" where the file was sound, and Rows how
	// many tasks could be read in it.
	Kept string
	Rows int
	// Records is how many records could not be used. They are kept aside unless
	// Lacking says why that could not be done.
	Records int
	Lacking error
}

// Text says what was found, for people; "" for nothing.
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

// LoadSound returns the tasks of the session that can be used. Records that can't be
// are put aside; a file that is damaged as a whole is made anew from what can be read
// in it. The process must hold the session's lock.
func (s *Store) LoadSound(bases BaseOf) (Snapshot, Damage, error) {
	var found Damage
	loaded, err := Snapshot{}, s.Check()
	if err == nil {
		loaded, err = s.loadAndSetAside(bases, &found)
	}
	if Damaged(err) {
		// Also an index that lacks rows is noticed only when they are deleted.
		if found.Kept, found.Rows, err = s.Salvage(); err == nil {
			loaded, err = s.loadAndSetAside(bases, &found)
		}
		if Damaged(err) && found.Records > 0 {
			found.Lacking, err = err, nil // the rest can be used
		}
	}
	return loaded, found, err
}

// loadAndSetAside returns the tasks that can be used and puts the other rows aside. It
// returns only damage and what kept it from reading.
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
