package store

import (
	"cmp"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"polltop/poller/queue"
)

// badRow is a row that can't be used.
type badRow struct {
	origin string // its table
	why    string
	names  []string
	values []any
	// identified is set where the columns of the request's identity are sound.
	identified bool
}

// badTask returns the bad row of a row of tasks.
func badTask(r row, why error) badRow {
	sum, ok := r[len(r)-atIdentitySum].(int64)
	return badRow{
		origin: "tasks", why: why.Error(), names: names(), values: append([]any(nil), r...),
		identified: ok && sum == r.identitySum(),
	}
}

// Aside is an unreadable record that was put aside.
type Aside struct {
	ID int64
	// At is when it was put aside, Origin its table, and Why what is wrong with it.
	At          time.Time
	Origin, Why string
	// Identified is set where its request is sound, so that it can be tracked again.
	Identified bool
	// Content has its values by the names of the columns. One that is no text is given as
	// x and its bytes in hexadecimal digits.
	Content map[string]any
}

// putRowAside copies a row into the table aside.
func putRowAside(tx *sql.Tx, b badRow) error {
	content := map[string]any{}
	for i, v := range b.values {
		content[b.names[i]] = readable(v)
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO aside (at, origin, why, identified, content) VALUES (?, ?, ?, ?, ?)", time.Now().UnixMilli(), b.origin, b.why, bit(b.identified), string(text))
	return err
}

// moveAside moves a row into the table aside; the first of its values is its rowid.
func moveAside(tx *sql.Tx, b badRow) error {
	if err := putRowAside(tx, b); err != nil {
		return err
	}
	_, err := tx.Exec("DELETE FROM "+b.origin+" WHERE rowid = ?", b.values[0])
	return err
}

// readable returns a value in a form that JSON has.
func readable(v any) any {
	switch v := v.(type) {
	case []byte:
		return "x" + hex.EncodeToString(v)
	case string:
		if !utf8.ValidString(v) {
			return "x" + hex.EncodeToString([]byte(v))
		}
	case float64:
		return fmt.Sprint(v) // JSON knows no NaN
	}
	return v
}

// SetAside moves the unreadable rows of a snapshot into the table aside, and returns their
// number.
func (s *Store) SetAside(from Snapshot) (int, error) {
	if len(from.bad) == 0 {
		return 0, nil
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.transact(func(tx *sql.Tx) error {
		if err := s.holds(tx); err != nil {
			return err
		}
		for _, b := range from.bad {
			if err := moveAside(tx, b); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, plainly(err)
	}
	return len(from.bad), nil
}

// Sweep puts all damaged rows aside, also those that normal use reads late, and returns what
// it found. It changes no task of a session that another process polls.
func (s *Store) Sweep() (Damage, error) {
	var found Damage
	s.writing.Lock()
	locked, err := s.tryLock()
	s.writing.Unlock()
	if locked {
		_, found, err = s.LoadSound(queue.BaseOf(nil))
		if err = cmp.Or(err, found.Lacking); err != nil {
			return found, err
		}
	} else if err != nil && !noLocks(err) {
		return found, err
	}
	return found, plainly(s.transact(sweepAnswers))
}

// sweepAnswers puts the bodies aside that do not match their checksums.
func sweepAnswers(tx *sql.Tx) error {
	all, err := allRows(tx, "SELECT rowid, seq, kind, at, body, sum FROM answers")
	if err != nil {
		return err
	}
	for _, r := range all {
		if r[5] == checksum(r[1:5]) {
			continue
		}
		if err := moveAside(tx, badRow{origin: "answers", why: errRecord.Error(), names: []string{"rowid", "seq", "kind", "at", "body"}, values: r[:5]}); err != nil {
			return err
		}
	}
	return nil
}

// AsideText returns the message that records of a session were put aside.
func AsideText(n int, session string) string {
	kept := "are kept aside"
	if n == 1 {
		kept = "is kept aside"
	}
	return UnreadableText(n, session) + " and " + kept + ": polltop sessions repair " + session
}

// UnreadableText returns the message that records of a session could not be read.
func UnreadableText(n int, session string) string {
	if n == 1 {
		return "1 record of session " + session + " could not be read"
	}
	return fmt.Sprintf("%d records of session %s could not be read", n, session)
}

// Asides returns the records that were put aside, the oldest first.
func (s *Store) Asides() ([]Aside, error) {
	rows, err := s.conn().Query("SELECT id, at, origin, why, identified, content FROM aside ORDER BY id")
	if err != nil {
		return nil, plainly(err)
	}
	defer rows.Close()
	var all []Aside
	for rows.Next() {
		var a Aside
		var at int64
		var content string
		if err := rows.Scan(&a.ID, &at, &a.Origin, &a.Why, &a.Identified, &content); err != nil {
			return all, plainly(err)
		}
		a.At = time.UnixMilli(at)
		decoder := json.NewDecoder(strings.NewReader(content))
		decoder.UseNumber() // a time in milliseconds is no 1.8e+12
		if decoder.Decode(&a.Content) != nil {
			a.Content, a.Identified = map[string]any{"content": content}, false
		}
		all = append(all, a)
	}
	return all, plainly(rows.Err())
}

// Request returns the request of a record, and whether it is sound.
func (a Aside) Request() (Request, bool) {
	if a.Origin != "tasks" || !a.Identified {
		return Request{}, false
	}
	word := func(name string) string { s, _ := a.Content[name].(string); return s }
	r := Request{ID: word("id"), Endpoint: word("endpoint"), Base: word("base")}
	r.Assumed = a.Content["assumed"] == json.Number("1")
	if urls := word("urls"); urls != "" && json.Unmarshal([]byte(urls), &r.URLs) != nil {
		return Request{}, false
	}
	return r, r.ID != "" && r.Base != ""
}

// BringBack has the process that polls the session track the requests of records again, and
// removes these from the table aside. It returns their number. Records without a sound
// request stay.
func (s *Store) BringBack(records []Aside) (int, error) {
	var order Order
	s.writing.Lock()
	defer s.writing.Unlock()
	err := s.transact(func(tx *sql.Tx) error {
		for _, a := range records {
			r, ok := a.Request()
			if !ok {
				continue
			}
			order.Track = append(order.Track, r)
			if _, err := tx.Exec("DELETE FROM aside WHERE id = ?", a.ID); err != nil {
				return err
			}
		}
		if len(order.Track) == 0 {
			return nil
		}
		body, err := json.Marshal(order)
		if err != nil {
			return err
		}
		return putOrder(tx, string(body))
	})
	if err != nil {
		return 0, plainly(err)
	}
	return len(order.Track), nil
}
