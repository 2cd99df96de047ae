package store

import (
	"database/sql"
	"math"
	"strings"
)

// table is one of a session's tables whose rows Repair checks: all but owner and facts.
type table struct {
	name, columns string
	// check returns why a row can't be used; nil if it can.
	check func(r []any, bases BaseResolver) error
}

var (
	tasksTable = table{"tasks", strings.Join(columnNames(), ", "), func(r []any, bases BaseResolver) error {
		_, err := row(r).task(bases)
		return err
	}}
	answersTable  = table{"answers", "seq, kind, at, body, sum", func(r []any, _ BaseResolver) error { return verifyChecksum(r[:4], r[4]) }}
	ordersTable   = table{"orders", "id, body, sum", func(r []any, _ BaseResolver) error { return verifyChecksum(r[1:2], r[2]) }}
	payloadsTable = table{"payloads", "number, about, rev, sum, batch, draft", func(r []any, bases BaseResolver) error {
		_, err := payloadOf(r, bases)
		return err
	}}
	inputsTable = table{"inputs", "number, input, sum", func([]any, BaseResolver) error { return nil }}
	asideTable  = table{"aside", "id, at, origin, why, identified, content", func([]any, BaseResolver) error { return nil }}
	// tablesBesideTasks has the table aside first, so that its rows are copied before others are added.
	tablesBesideTasks = []table{asideTable, answersTable, ordersTable, payloadsTable, inputsTable}
)

func (t table) query() string { return "SELECT " + t.columns + " FROM " + t.name }

func (t table) insert() string {
	return "INSERT OR REPLACE INTO " + t.name + " (" + t.columns + ") VALUES (?" + strings.Repeat(", ?", t.width()-1) + ")"
}

func (t table) width() int { return 1 + strings.Count(t.columns, ",") }

func (t table) put(tx *sql.Tx, values ...any) error {
	_, err := tx.Exec(t.insert(), values...)
	return err
}

// get returns the first row that matches. If there is none or it can't be read, all values are nil.
func (t table) get(db *sql.DB, where string, values ...any) []any {
	if rows, _ := allRows(db, t.query()+" WHERE "+where, values...); len(rows) > 0 {
		return rows[0]
	}
	return make([]any, t.width())
}

// copy copies the rows that can be read and for which f, which may change them, returns true. If strict
// is set, it returns an error at the first damage.
func (t table) copy(old *sql.DB, tx *sql.Tx, strict bool, f func(r []any) (bool, error)) error {
	put, err := tx.Prepare(t.insert())
	if err != nil {
		return err
	}
	defer put.Close()
	return t.read(old, strict, func(r []any) error {
		include, err := f(r)
		if err == nil && include {
			_, err = put.Exec(r...)
		}
		return err
	})
}

// maxSalvageQueries bounds the queries for one damaged table.
const maxSalvageQueries = 100_000

// read calls f with the rows that can be read. It halves a range that has damage, down to single rows,
// and reads each half, so that it skips only the damaged rows. If strict is set, it returns the damage as
// an error.
func (t table) read(db *sql.DB, strict bool, f func(r []any) error) error {
	query := "SELECT rowid, " + t.columns + " FROM " + t.name + " WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
	next, queries := int64(math.MinInt64), 0 // next is the lowest rowid that was not read
	var failed error                         // the error of f
	readRange := func(least, most int64) error {
		least = max(least, next)
		return eachRow(db, query, func(values []any) error {
			at, isNumber := values[0].(int64)
			if !isNumber || at < max(least, next) || at > most {
				return errDamaged
			}
			next, failed = at+1, f(values[1:])
			return failed
		}, least, most)
	}
	if err := readRange(math.MinInt64, math.MaxInt64); err == nil || failed != nil || strict {
		return err
	}
	var halve func(least, most int64)
	halve = func(least, most int64) {
		if queries++; queries > maxSalvageQueries || failed != nil || readRange(least, most) == nil || least >= most {
			return
		}
		middle := least + (most-least)/2
		halve(least, middle)
		halve(middle+1, most)
	}
	// If the highest rowid can't be read, assume that no session has a higher one than this.
	last := int64(1 << 20)
	if found := int64(0); db.QueryRow("SELECT max(rowid) FROM "+t.name).Scan(&found) == nil {
		last = found
	}
	halve(0, last)
	return failed
}
