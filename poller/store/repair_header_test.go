package store

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A damaged first page, without which SQLite takes the file for no database, costs no task.
func TestDamagedFirstPageCostsNoTask(t *testing.T) {
	for name, spoil := range map[string]func(page []byte){
		"garbage":          func(page []byte) { copy(page, bytes.Repeat([]byte{0xa5}, pageSize)) },
		"zeros":            func(page []byte) { clear(page) },
		"header":           func(page []byte) { clear(page[:100]) },
		"schema":           func(page []byte) { clear(page[100:]) },
		"version":          func(page []byte) { page[60] = 0x7f },
		"negative version": func(page []byte) { page[60] = 0xff },
		"version 3":        func(page []byte) { page[63] = 3 },
		"version 2":        func(page []byte) { page[63] = 2 },
		"version 1":        func(page []byte) { page[63] = 1 },
		"version 0":        func(page []byte) { page[63] = 0 },
		"application id":   func(page []byte) { page[68]++ },
		"page size":        func(page []byte) { page[16], page[17] = 0x20, 0 },
		"page count":       func(page []byte) { page[31]++; page[28] = 0x7f },
	} {
		t.Run(name, func(t *testing.T) {
			path, base := sessionFile(t), newBase(t)
			s := openAt(t, path)
			tasks := sample(base, 300)
			for _, task := range tasks {
				s.Put(task, true)
			}
			s.PutAnswer(7, []byte(`{"status": "COMPLETED"}`))
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			spoil(content[:pageSize])
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			s = openAt(t, path)
			defer s.Close()
			if _, _, err := s.Acquire(); err != nil {
				t.Fatal(err)
			}
			loaded, found, err := s.LoadAndRepair(resolver(base))
			if err != nil || len(loaded.Tasks) != len(tasks) {
				t.Fatalf("%d of %d tasks, %v; the file is kept as %q: %v", len(loaded.Tasks), len(tasks), err, found.BackupPath, found.Cause)
			}
			if found.BackupPath == "" {
				return // SQLite does without what was spoiled
			}
			kept, err := os.ReadFile(found.BackupPath)
			if err != nil || !bytes.Equal(kept, content) {
				t.Errorf("the damaged file is not kept as it was: %v", err)
			}
			if text := found.Text("s"); !strings.Contains(text, "300 tasks could be read") {
				t.Errorf("it is told as %q", text)
			}
			if body, ok := s.Answer(7); !ok || len(body) == 0 {
				t.Error("an answer is lost")
			}
		})
	}
}
