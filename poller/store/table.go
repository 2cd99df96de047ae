package store

import (
	"database/sql"
	"strings"
)

// table is a table of a session but owner and facts.
type table struct {
	name, columns string
	// check returns why a row can't be used, unless that is found when it is read.
	check func(r []any, bases BaseOf) error
}

var (
	tasksTable    = table{"tasks", strings.Join(names(), ", "), func(r []any, bases BaseOf) error { _, err := row(r).task(bases); return err }}
	answersTable  = table{"answers", "seq, kind, at, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[:4], r[4]) }}
	ordersTable   = table{"orders", "id, body, sum", func(r []any, _ BaseOf) error { return checkSum(r[1:2], r[2]) }}
	payloadsTable = table{"payloads", "number, about, rev, sum, batch, draft", func(r []any, bases BaseOf) error { _, err := payloadOf(r, bases); return err }}
	inputsTable   = table{"inputs", "number, input, sum", unchecked}
	asideTable    = table{"aside", "id, at, origin, why, identified, content", unchecked}
	// otherTables are those beside tasks.
	otherTables = []table{answersTable, ordersTable, payloadsTable, inputsTable, asideTable}
)

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
