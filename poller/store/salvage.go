package store

import (
	"database/sql"
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

// soundRows returns the rows of tasks that can be read in a damaged database: from the first
// up to damage, from the last down to it, and so on between.
func soundRows(db *sql.DB) []row {
	found := map[int64]row{}
	queries := 0
	var read func(least, most int64)
	read = func(least, most int64) {
		for least <= most && queries < salvageMost {
			queries += 2
			up, ok := readUntilDamage(db, found, "WHERE seq BETWEEN ? AND ? ORDER BY seq", least, most)
			if ok {
				return
			}
			if up >= least {
				least = up + 1
			}
			down, ok := readUntilDamage(db, found, "WHERE seq BETWEEN ? AND ? ORDER BY seq DESC", least, most)
			if ok {
				return
			}
			if down >= least {
				most = down - 1
			}
			if up < 0 && down < 0 {
				if least == most {
					return
				}
				middle := least + (most-least)/2
				read(least, middle)
				least = middle + 1
			}
		}
	}
	read(0, lastSeq(db))
	all := make([]row, 0, len(found))
	for _, r := range found {
		all = append(all, r)
	}
	return all
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

// readUntilDamage reads rows up to the first damage, and returns the Seq of the last
// that could be read, -1 for none, and whether there was no damage.
func readUntilDamage(db *sql.DB, found map[int64]row, where string, least, most int64) (last int64, ok bool) {
	last = -1
	rows, err := db.Query(selectTasks+" "+where, least, most)
	if err != nil {
		return last, false
	}
	defer rows.Close()
	for rows.Next() {
		r := make(row, len(columns)+around)
		if rows.Scan(pointers(r)...) != nil {
			return last, false
		}
		seq, isSeq := r[0].(int64)
		if !isSeq || seq < least || seq > most {
			return last, false
		}
		found[seq], last = r, seq
	}
	return last, rows.Err() == nil
}
