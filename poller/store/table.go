package store

import (
	"database/sql"
	"math"
	"strings"
)

// table is a table of a session but owner and facts.
type table struct {
	name, columns string
	// check returns why a row can't be used, unless that is found when it is read.
	check func(r []any, bases BaseOf) error
}

var (
	tasksTable = table{"tasks", strings.Join(names(), ", "), func(r []any, bases BaseOf) error {
		_, err := row(r).task(bases)
		return err
	}}
	answersTable  = table{"answers", "seq, kind, at, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[:4], r[4]) }}
	ordersTable   = table{"orders", "id, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[1:2], r[2]) }}
	payloadsTable = table{"payloads", "number, about, rev, sum, batch, draft", func(r []any, bases BaseOf) error {
		_, err := payloadOf(r, bases)
		return err
	}}
	inputsTable = table{"inputs", "number, input, sum", func([]any, BaseOf) error { return nil }}
	asideTable  = table{"aside", "id, at, origin, why, identified, content", func([]any, BaseOf) error { return nil }}
	// otherTables are those beside tasks. Records that are aside already are copied before others
	// are put there.
	otherTables = []table{asideTable, answersTable, ordersTable, payloadsTable, inputsTable}
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

// get returns the row that matches, one of nils where there is none or it can't be read.
func (t table) get(db *sql.DB, where string, values ...any) []any {
	if rows, _ := allRows(db, t.query()+" WHERE "+where, values...); len(rows) > 0 {
		return rows[0]
	}
	return make([]any, t.width())
}

// copy copies the rows that can be read, after f, which returns false for one to leave out. It
// stops at the first damage if strict is set.
func (t table) copy(old *sql.DB, tx *sql.Tx, strict bool, f func(r []any) (bool, error)) error {
	put, err := tx.Prepare(t.insert())
	if err != nil {
		return err
	}
	defer put.Close()
	return t.read(old, strict, func(r []any) error {
		wanted, err := f(r)
		if err == nil && wanted {
			_, err = put.Exec(r...)
		}
		return err
	})
}

// salvageMost bounds the queries that read a damaged table.
const salvageMost = 100_000

// read calls f with the rows that can be read. It reads a range with damage in two halves, down
// to single rows, unless strict is set: then the damage is its error.
func (t table) read(db *sql.DB, strict bool, f func(r []any) error) error {
	query := "SELECT rowid, " + t.columns + " FROM " + t.name + " WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
	next, queries := int64(math.MinInt64), 0 // next is the first row that was not read
	var failed error                         // of f
	readRange := func(least, most int64) error {
		least = max(least, next)
		return each(db, query, func(values []any) error {
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
		if queries++; queries > salvageMost || failed != nil || readRange(least, most) == nil || least >= most {
			return
		}
		middle := least + (most-least)/2
		halve(least, middle)
		halve(middle+1, most)
	}
	// No session is likely to have a higher number where the highest can't be read.
	last := int64(1 << 20)
	if found := int64(0); db.QueryRow("SELECT max(rowid) FROM "+t.name).Scan(&found) == nil {
		last = found
	}
	halve(0, last)
	return failed
}
