//go:build unix

package e2e

import (
	"database/sql"
	"os"
	"strings"
	"testing"

	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
)

// damagedSession makes a session of ended tasks, and has a statement change it behind
// polltop's back.
func damagedSession(t *testing.T, statement string) (env []string, path string, ids []string) {
	t.Helper()
	s := serve(t, faulty.Config{})
	dir, home := state(t)
	ids = s.submit(40, simulator.Plan{})
	if status, _, stderr := run(t, s.env(home), "", append([]string{"wait", "--session", "batch", "--rate", "200"}, ids...)...); status != 0 {
		t.Fatal(status, stderr)
	}
	path = sessionFile(dir, "batch")
	if statement != "" {
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	return s.env(home), path, ids
}

// spoilFile writes bytes over a place of a file.
func spoilFile(t *testing.T, path string, at int64, bytes string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte(bytes), at); err != nil {
		t.Fatal(err)
	}
}

// Commands that only read a session tell records that are not in what they write.
func TestDamageIsToldByCommandsThatRead(t *testing.T) {
	t.Parallel()
	env, _, ids := damagedSession(t, "UPDATE tasks SET polls = 77 WHERE seq = 3")
	const told = "1 record of session batch could not be read"
	for range 2 { // as it lies there, and kept aside
		status, stdout, stderr := run(t, env, "", "export", "--session", "batch", "--format", "requests")
		if status != 0 || strings.Contains(stdout, ids[3]) || !strings.Contains(stderr, told+": not exported") {
			t.Errorf("export: status %d, %s", status, stderr)
		}
		if status, stdout, _ := run(t, env, "", "sessions"); status != 0 || !strings.Contains(stdout, told) || !strings.Contains(stdout, "39") {
			t.Errorf("sessions: status %d, %s", status, stdout)
		}
		run(t, env, "", "wait", "--session", "batch")
	}
}

// A file that is damaged as a whole keeps no command from what can be read in it.
func TestDamagedFileIsSavedByWaitAndRepair(t *testing.T) {
	t.Parallel()
	const pageSize = 4096
	for name, use := range map[string][]string{
		"wait":   {"wait", "--session", "batch"},
		"repair": {"sessions", "repair", "batch"},
	} {
		env, path, _ := damagedSession(t, "PRAGMA wal_checkpoint(TRUNCATE)")
		var leaf int64
		db, err := sql.Open("sqlite", path)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT max(pageno) FROM dbstat WHERE name = 'tasks' AND pagetype = 'leaf'").Scan(&leaf); err != nil {
			t.Fatal(err)
		}
		db.Close()
		spoilFile(t, path, (leaf-1)*pageSize, strings.Repeat("\xff", 16))
		if status, _, stderr := run(t, env, "", "export", "--session", "batch"); status == 0 || !strings.Contains(stderr, "it is damaged: polltop sessions repair batch saves what can be read") {
			t.Errorf("export: status %d, %s", status, stderr)
		}
		status, stdout, stderr := run(t, env, "", use...)
		if status != 0 || !strings.Contains(stdout+stderr, "the session's file was damaged") {
			t.Errorf("%s: status %d\n%s%s", name, status, stdout, stderr)
		}
		status, stdout, stderr = run(t, env, "", "export", "--session", "batch", "--format", "requests")
		if n := strings.Count(stdout, "\n"); status != 0 || n < 10 {
			t.Errorf("%s: status %d, %d tasks left, %s", name, status, n, stderr)
		}
	}
}
