package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExamplesOfContributingCompile holds that the examples of CONTRIBUTING.md compile at the
// positions that the page names, so that a renaming can't break them.
func TestExamplesOfContributingCompile(t *testing.T) {
	page, _ := docFile(t, ".docs/CONTRIBUTING.md")
	var examples []string
	for _, block := range regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(page, -1) {
		examples = append(examples, block[1])
	}
	if len(examples) != 5 {
		t.Fatalf("%d examples, want a column, a key with its function and a dialog with its key", len(examples))
	}
	for _, path := range regexp.MustCompile("`((?:model|views)/[a-z/]+\\.go)`").FindAllStringSubmatch(page, -1) {
		if _, err := os.Stat(filepath.Join(root, path[1])); err != nil {
			t.Errorf("it names a file that does not exist: %v", err)
		}
	}
	const columns, keys, commands = "views/columns.go", "model/actions/actions.go", "model/actions/commands.go"
	files := map[string]string{}
	for _, path := range []string{columns, keys, commands} {
		if !strings.Contains(page, "`"+path+"`") {
			t.Errorf("it does not name %s", path)
		}
		files[path], _ = docFile(t, path)
	}
	insert := func(path, after, text string) {
		head, tail, found := strings.Cut(files[path], after)
		if !found {
			t.Fatalf("%s has no %q", path, after)
		}
		files[path] = head + after + text + tail
	}
	insert(columns, "columns := []column[row]{\n", examples[0])
	insert(keys, "var commands = []common.KeyHandler[*Actions]{\n", examples[1]+examples[3])
	files[commands] += examples[2] + examples[4]

	dir := t.TempDir()
	replace := map[string]string{}
	for path, text := range files {
		absolute, err := filepath.Abs(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		replace[absolute] = filepath.Join(dir, strings.ReplaceAll(path, "/", "-"))
		if err := os.WriteFile(replace[absolute], []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.Command("go", "build", "-overlay", filepath.Join(dir, "overlay.json"), "-o", os.DevNull, "./model/actions", "./views")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Errorf("the examples do not compile: %v\n%s", err, out)
	}
}
