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
	tasksTable    = table{"tasks", strings.Join(names(), ", "), checkTask}
	answersTable  = table{"answers", "seq, kind, at, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[:4], r[4]) }}
	ordersTable   = table{"orders", "id, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[1:2], r[2]) }}
	payloadsTable = table{"payloads", "number, about, rev, sum, batch, draft", checkPayload}
	inputsTable   = table{"inputs", "number, input, sum", unchecked}
	asideTable    = table{"aside", "id, at, origin, why, identified, content", unchecked}
	// otherTables are those beside tasks. Records that are aside already are copied before others
	// are put there.
	otherTables = []table{asideTable, answersTable, ordersTable, payloadsTable, inputsTable}
)

func checkTask(r []any, bases BaseOf) error {
	_, err := row(r).task(bases)
	return err
}

func checkPayload(r []any, bases BaseOf) error {
	_, err := payloadOf(r, bases)
	return err
}

func unchecked([]any, BaseOf) error { return nil }

// query is the statement that reads all rows, insert the one that puts one.
func (t table) query() string { return "SELECT " + t.columns + " FROM " + t.name }

func (t table) insert() string {
	return "INSERT OR REPLACE INTO " + t.name + " (" + t.columns + ") VALUES (?" + strings.Repeat(", ?", t.width()-1) + ")"
}

func (t table) width() int { return 1 + strings.Count(t.columns, ",") }

// put puts a row.
func (t table) put(tx *sql.Tx, values ...any) error {
	_, err := tx.Exec(t.insert(), values...)
	return err
}

// get returns the row that matches, one of nils where there is none or it can't be read.
func (t table) get(db *sql.DB, where string, values ...any) []any {
	r := make([]any, t.width())
	if db.QueryRow(t.query()+" WHERE "+where, values...).Scan(pointers(r)...) != nil {
		clear(r)
	}
	return r
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
	r := reader{db: db, query: query, f: f, next: math.MinInt64}
	if err := r.readRange(math.MinInt64, math.MaxInt64); err == nil || r.err != nil || strict {
		return err
	}
	// No session is likely to have a higher number where the highest can't be read.
	const many = 1 << 20
	var last int64
	if db.QueryRow("SELECT max(rowid) FROM "+t.name).Scan(&last) != nil {
		last = many
	}
	r.read(0, last)
	return r.err
}

// reader reads a damaged table.
type reader struct {
	db      *sql.DB
	query   string
	f       func(r []any) error
	next    int64 // the first row that was not read
	queries int
	err     error // of f
}

// read reads a range of rows as far as it can be read.
func (r *reader) read(least, most int64) {
	if r.queries++; r.queries > salvageMost || r.err != nil || r.readRange(max(least, r.next), most) == nil || least >= most {
		return
	}
	middle := least + (most-least)/2
	r.read(least, middle)
	r.read(middle+1, most)
}

// readRange reads rows up to the first damage, which it returns.
func (r *reader) readRange(least, most int64) error {
	return each(r.db, r.query, func(values []any) error {
		at, isNumber := values[0].(int64)
		if !isNumber || at < max(least, r.next) || at > most {
			return errDamaged
		}
		r.next = at + 1
		r.err = r.f(values[1:])
		return r.err
	}, least, most)
}
