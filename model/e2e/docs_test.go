package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/model"
	"polltop/model/cli/settings"
	"polltop/model/script"
	"polltop/poller"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/report/schema"
	"polltop/views/theme"
)

// readmeLines bounds the README, in lines: all else is in .docs.
const readmeLines = 180

const root = "../.."

// docFile returns the text of a file of the documentation, and its path.
func docFile(t *testing.T, name string) (text, path string) {
	t.Helper()
	path = filepath.Join(root, name)
	bytes, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytes), path
}

// docFiles returns the names of all files of the documentation.
func docFiles(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob(filepath.Join(root, ".docs", "*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages in .docs: %v", err)
	}
	names := []string{"README.md"}
	for _, page := range pages {
		names = append(names, filepath.Join(".docs", filepath.Base(page)))
	}
	return names
}

// section returns what stands between the marks of a section, with what is
// before and after it.
func section(t *testing.T, text, name string) (before, inside, after string) {
	t.Helper()
	opening := regexp.MustCompile(`<!-- ` + name + `:[^>]*-->\n`).FindStringIndex(text)
	closing := strings.Index(text, "<!-- /"+name+" -->")
	if opening == nil || closing < opening[1] {
		t.Fatalf("there is no section %s", name)
	}
	return text[:opening[1]], text[opening[1]:closing], text[closing:]
}

// The tables of the documentation are made from the program, so that they can't be
// wrong. To bring them up to date, run this test with UPDATE_README=1.
func TestTablesAreTheProgramsOwn(t *testing.T) {
	for _, table := range []struct{ file, name, want string }{
		{"README.md", "exit", exitTable()},
		{".docs/dashboard.md", "keys", model.KeyTable()},
		{".docs/configuration.md", "settings", settings.MarkdownTable()},
		{".docs/errors.md", "errors", queue.ErrorTable()},
		{".docs/scripting.md", "exit", exitTable()},
		{".docs/scripting.md", "schema", schema.Table()},
	} {
		text, path := docFile(t, table.file)
		before, got, after := section(t, text, table.name)
		if got == table.want {
			continue
		}
		if os.Getenv("UPDATE_README") == "" {
			t.Errorf("%s, %s: not the program's own table; UPDATE_README=1 go test -run TablesAre ./model/e2e puts it there", table.file, table.name)
			continue
		}
		if err := os.WriteFile(path, []byte(before+table.want+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// exitTable returns the exit statuses as a table in Markdown.
func exitTable() string {
	table := "| Exit status | Meaning |\n| --- | --- |\n"
	for _, e := range script.ExitMeanings {
		table += fmt.Sprintf("| %d | %s |\n", e.Status, e.Meaning)
	}
	return table
}

// TestKeysThatMatterAreKeys holds that each row of the README's short table is one
// of the table of all keys.
func TestKeysThatMatterAreKeys(t *testing.T) {
	text, _ := docFile(t, "README.md")
	_, table, _ := section(t, text, "some keys")
	if strings.Count(table, "\n") < 8 {
		t.Errorf("too short a table:\n%s", table)
	}
	for row := range strings.Lines(table) {
		if !strings.Contains(model.KeyTable(), row) {
			t.Errorf("no such key: %s", row)
		}
	}
}

// TestStatesAreExplained holds that there is a row for each state, in order, with its
// symbol, its word and its outcome in JSON.
func TestStatesAreExplained(t *testing.T) {
	text, _ := docFile(t, ".docs/dashboard.md")
	_, table, _ := section(t, text, "states")
	rows := strings.Split(strings.TrimSpace(table), "\n")[2:]
	if len(rows) != int(poller.StateCount) {
		t.Fatalf("%d rows for %d states", len(rows), poller.StateCount)
	}
	for state := range poller.StateCount {
		outcome := report.ObjectOf(&poller.Task{State: state}, "", time.Time{}, nil).Outcome
		if outcome != "" {
			outcome = "`" + outcome + "` "
		}
		if want := "| `" + theme.Symbol(state) + "` | " + state.String() + " | " + outcome + "| "; !strings.HasPrefix(rows[state], want) {
			t.Errorf("the row of %v is\n%s\nand should begin with\n%s", state, rows[state], want)
		}
	}
}

func TestReadmeIsShort(t *testing.T) {
	text, _ := docFile(t, "README.md")
	if n := strings.Count(text, "\n"); n > readmeLines {
		t.Errorf("README.md has %d lines, %d at most: move what is not for a visitor to .docs", n, readmeLines)
	}
}

// TestLinksLeadSomewhere holds that links within the repository name files, and that
// every page can be reached from the README.
func TestLinksLeadSomewhere(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)(#[^)]*)?\)`)
	readme, _ := docFile(t, "README.md")
	for _, name := range docFiles(t) {
		text, path := docFile(t, name)
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), found[1])); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, found[1])
			}
		}
		if name != "README.md" && !strings.Contains(readme, "]("+filepath.ToSlash(name)+")") {
			t.Errorf("README.md has no link to %s", name)
		}
	}
}

// TestPackagesAreListed holds that the page about the packages names each, and none
// that is gone.
func TestPackagesAreListed(t *testing.T) {
	text, _ := docFile(t, ".docs/building.md")
	_, table, _ := section(t, text, "packages")
	var listed, packages []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z0-9/]+)` \\|").FindAllStringSubmatch(table, -1) {
		listed = append(listed, row[1])
	}
	for _, name := range list(t, "polltop/...") {
		if name, ours := strings.CutPrefix(name, "polltop/"); ours {
			packages = append(packages, name)
		}
	}
	slices.Sort(listed)
	if !slices.Equal(listed, packages) {
		t.Errorf("listed are\n%q and there are\n%q", listed, packages)
	}
}

// TestServicesAreDescribed holds the names, base URLs, keys and headers of the services.
func TestServicesAreDescribed(t *testing.T) {
	text, _ := docFile(t, ".docs/services.md")
	rows := map[string][]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`).FindAllStringSubmatch(text, -1) {
		rows[row[1]] = row[2:]
	}
	for i, name := range queue.Services() {
		url, err := queue.BaseURLOf(name)
		if err != nil {
			t.Fatal(err)
		}
		base, err := queue.ParseBase(url)
		if err != nil {
			t.Fatal(err)
		}
		header, value := base.KeyHeader("...")
		for row, want := range map[string]string{
			"`--service`": "`" + name + "`", "documented base URL": "`" + url + "`",
			"the key is in": "`" + base.KeyEnv() + "`", "and is sent as": "`" + header + ": " + value + "`",
		} {
			if got := rows[row]; len(got) <= i || !strings.HasPrefix(got[i], want) {
				t.Errorf("%s, %s: %q, want %s", row, name, got, want)
			}
		}
	}
}

// TestMeasuringCommandsNameTests holds that the tests and benchmarks that the pages say
// to run are there: go test is silent about a pattern that matches none.
func TestMeasuringCommandsNameTests(t *testing.T) {
	command := regexp.MustCompile(`go test .*(\./\S+)`)
	pattern := regexp.MustCompile(`-(run|bench) '?([\w|]+)'?`)
	function := regexp.MustCompile(`(?m)^func (?:Test|Benchmark)(\w+)`)
	for _, name := range docFiles(t) {
		text, _ := docFile(t, name)
		for _, found := range command.FindAllStringSubmatch(text, -1) {
			files, err := filepath.Glob(filepath.Join(root, strings.Trim(found[1], "`."), "*_test.go"))
			if err != nil || len(files) == 0 {
				continue
			}
			var functions string
			for _, file := range files {
				source, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				for _, declared := range function.FindAllStringSubmatch(string(source), -1) {
					functions += "\n" + declared[1]
				}
			}
			for _, given := range pattern.FindAllStringSubmatch(found[0], -1) {
				for part := range strings.SplitSeq(given[2], "|") {
					if part = strings.TrimPrefix(part, "Test"); part != "x" && !strings.Contains(functions, part) {
						t.Errorf("%s: %s names no test: %s", name, part, found[0])
					}
				}
			}
		}
	}
}
