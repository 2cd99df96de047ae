package store

import (
	"database/sql"
	"maps"
	"slices"
)

// Salvage writes a new database from all rows that can be read in a damaged one, which it
// puts aside under the name that it returns.
func (s *Store) Salvage() (aside string, rows int, err error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.graftOf == "" {
		s.files[0] = nil // the damaged file is kept
	}
	aside, err = s.replace(".damaged", func(old *sql.DB, tx *sql.Tx) error {
		put, err := tx.Prepare(insertTask)
		if err != nil {
			return err
		}
		defer put.Close()
		for _, r := range soundRows(old) {
			if _, err := put.Exec(r...); err != nil {
				return err
			}
			rows++
		}
		return s.copyRest(old, tx, nil)
	})
	if err == nil {
		if s.graftOf != "" {
			aside = s.graftOf
		}
		s.damage, s.graftOf = nil, ""
		err = s.inspect()
	}
	return aside, rows, plainly(cause(err))
}

// salvageMost bounds the queries of Salvage.
const salvageMost = 100_000

// soundRows returns the rows of tasks that can be read in a damaged database: a range of Seqs
// with damage is read in two halves, down to single rows.
func soundRows(db *sql.DB) []row {
	found := map[int64]row{}
	queries := 0
	var read func(least, most int64)
	read = func(least, most int64) {
		if queries++; queries > salvageMost || readRange(db, found, least, most) || least == most {
			return
		}
		middle := least + (most-least)/2
		read(least, middle)
		read(middle+1, most)
	}
	read(0, lastSeq(db))
	return slices.Collect(maps.Values(found))
}

// lastSeq returns the highest Seq, or where that can't be read a number that no session is
// likely to exceed.
func lastSeq(db *sql.DB) int64 {
	const many = 1 << 20
	last := int64(many)
	if db.QueryRow("SELECT coalesce(max(seq), -1) FROM tasks").Scan(&last) != nil || last > many {
		return many
	}
	return last
}

// readRange reads rows up to the first damage, and reports whether there was none.
func readRange(db *sql.DB, found map[int64]row, least, most int64) (sound bool) {
	rows, err := db.Query(selectTasks+" WHERE seq BETWEEN ? AND ? ORDER BY seq", least, most)
	if err != nil {
		return false
	}
	defer rows.Close()
	for rows.Next() {
		r := make(row, len(columns)+around)
		if rows.Scan(pointers(r)...) != nil {
			return false
		}
		seq, isSeq := r[0].(int64)
		if !isSeq || seq < least || seq > most {
			return false
		}
		found[seq] = r
	}
	return rows.Err() == nil
}
