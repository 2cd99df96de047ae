package store

import (
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// AsideRecord is an unusable record that was set aside.
type AsideRecord struct {
	ID int64
	// At is when it was set aside, Origin its table, and Why what is wrong with it.
	At          time.Time
	Origin, Why string
	// Identified is set if its request is sound, so that it can be tracked again.
	Identified bool
	// Content has its values by the names of their columns. Bytes that are not UTF-8 text are given as
	// an x and hexadecimal digits.
	Content map[string]any
}

func (t table) setAside(tx *sql.Tx, why error, r []any) error {
	identified := false
	if t.name == tasksTable.name {
		identified = r[len(r)-identitySumFromEnd] == row(r).identitySum()
	}
	return setRowAside(tx, t.name, why, identified, strings.Split(t.columns, ", "), r)
}

// setRowAside adds a row to the table aside. identified is set if its request is sound.
func setRowAside(tx *sql.Tx, origin string, why error, identified bool, names []string, values []any) error {
	content := map[string]any{}
	for i, v := range values {
		content[names[i]] = jsonValue(v)
	}
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return asideTable.put(tx, nil, time.Now().UnixMilli(), origin, why.Error(), bit(identified), string(text))
}

// jsonValue returns a value of SQLite in a type that JSON has.
func jsonValue(v any) any {
	switch v := v.(type) {
	case []byte:
		return "x" + hex.EncodeToString(v)
	case string:
		if !utf8.ValidString(v) {
			return "x" + hex.EncodeToString([]byte(v))
		}
	case float64:
		return fmt.Sprint(v) // JSON has no NaN
	}
	return v
}

// AsideText returns the message that records of a session were set aside.
func AsideText(n int, session string) string {
	verb := "are"
	if n == 1 {
		verb = "is"
	}
	return UnreadableText(n, session) + " and " + verb + " kept aside: polltop sessions repair " + session
}

// UnreadableText returns the message that records of a session could not be read.
func UnreadableText(n int, session string) string {
	if n == 1 {
		return "1 record of session " + session + " could not be read"
	}
	return fmt.Sprintf("%d records of session %s could not be read", n, session)
}

// AsideRecords returns the records that were set aside, the oldest first.
func (s *Store) AsideRecords() (all []AsideRecord, err error) {
	err = eachRow(s.conn(), asideTable.query()+" ORDER BY id", func(r []any) error {
		id, _ := r[0].(int64)
		at, _ := r[1].(int64)
		content := fmt.Sprint(r[5])
		a := AsideRecord{ID: id, At: time.UnixMilli(at), Origin: fmt.Sprint(r[2]), Why: fmt.Sprint(r[3]), Identified: r[4] == int64(1)}
		decoder := json.NewDecoder(strings.NewReader(content))
		decoder.UseNumber() // so that a time in milliseconds is not shown as 1.8e+12
		if decoder.Decode(&a.Content) != nil {
			a.Content, a.Identified = map[string]any{"content": content}, false
		}
		all = append(all, a)
		return nil
	})
	return all, explain(err)
}

// Request returns the request of a record, and whether it is sound.
func (a AsideRecord) Request() (Request, bool) {
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

// TrackAgain orders that the requests of records are tracked again, and deletes the records from the
// table aside. It returns their number. It skips records without a sound request.
func (s *Store) TrackAgain(records []AsideRecord) (int, error) {
	var order Order
	err := s.change(false, func(tx *sql.Tx) error {
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
		return putOrder(tx, order)
	})
	if err != nil {
		return 0, err
	}
	return len(order.Track), nil
}
