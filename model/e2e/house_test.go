package e2e

import (
	"os/exec"
	"strings"
	"testing"
)

// floors say what each package of polltop may import of polltop, itself apart:
// everything below it and nothing above. A package that is not named may import
// nothing, so a new one has to be given its floor.
var floors = map[string][]string{
	"polltop":                                {"model", "views", "poller"},
	"polltop/model":                          {"model/actions", "model/common", "model/crash", "model/detail", "model/dialog", "model/failures", "model/insight", "model/keyboard", "model/notify", "model/stats", "model/statusbar", "model/tasktable", "views", "poller"},
	"polltop/model/common":                   {"model/insight", "views", "poller"},
	"polltop/model/common/commontest":        {"model/common", "model/insight", "model/tasktable/index", "views", "poller"},
	"polltop/model/tasktable":                {"model/common", "model/tasktable/index", "views", "poller"},
	"polltop/model/tasktable/index":          {"views", "poller"},
	"polltop/model/detail":                   {"model/common", "views", "poller"},
	"polltop/model/failures":                 {"model/common", "model/insight", "views", "poller"},
	"polltop/model/stats":                    {"model/common", "model/insight", "views", "poller"},
	"polltop/model/dialog":                   {"model/common", "views", "poller"},
	"polltop/model/statusbar":                {"model/common", "model/notify", "views", "poller"},
	"polltop/model/actions":                  {"model/common", "model/input", "views", "poller"},
	"polltop/model/input":                    {"poller"},
	"polltop/model/e2e":                      {"model", "views", "poller"},
	"polltop/model/cli":                      {"model", "views", "poller"},
	"polltop/views":                          {"views/theme", "views/safe", "poller"},
	"polltop/views/theme":                    {"poller"},
	"polltop/views/viewstest":                {"views/theme"},
	"polltop/views/picture":                  {},
	"polltop/views/safe":                     {},
	"polltop/views/report":                   {"views", "poller"},
	"polltop/views/report/schema":            {},
	"polltop/poller":                         {"poller/guard", "poller/plan", "poller/queue", "poller/signal", "poller/backoff"},
	"polltop/poller/signal":                  {},
	"polltop/poller/backoff":                 {},
	"polltop/poller/fileerr":                 {},
	"polltop/poller/plan":                    {},
	"polltop/poller/paste":                   {"poller/paste/lines", "poller/paste/words", "poller/queue"},
	"polltop/poller/paste/lines":             {"poller/paste/words", "poller/queue"},
	"polltop/poller/paste/words":             {"poller/queue"},
	"polltop/poller/queue":                   {"poller/guard"},
	"polltop/poller/guard":                   {},
	"polltop/model/cli/settings":             {"poller/queue", "poller/paste", "poller/fileerr"},
	"polltop/poller/simulator":               {"poller/guard"},
	"polltop/poller/simulator/faulty":        {"poller/queue", "poller/simulator"},
	"polltop/poller/simulator/pipe":          {"poller/guard"},
	"polltop/poller/simulator/simulatortest": {"poller/queue", "poller/simulator"},
	"polltop/poller/download":                {"poller/guard", "poller/queue", "poller/signal", "poller/backoff", "poller/fileerr"},
	"polltop/model/script":                   {"model/crash", "views/report", "views/safe", "views", "poller"},
	"polltop/poller/store":                   {"poller/queue", "poller"},
	"polltop/poller/natsstore":               {"poller/queue", "poller/store", "poller"},
	"polltop/poller/natsstore/natstest":      {},
	"polltop/poller/session":                 {"poller/queue", "poller/store", "poller"},
	"polltop/poller/session/sessiontest":     {"poller/session", "poller"},
	"polltop/model/insight":                  {"views", "poller"},
	"polltop/model/notify":                   {"poller"},
	"polltop/model/hook":                     {"views", "poller"},
	"polltop/model/opener":                   {},
	"polltop/model/crash":                    {"views/safe", "poller/guard"},
	"polltop/model/keyboard":                 {"poller/guard"},
	"polltop/poller/journal":                 {"poller/queue", "poller"},
	"polltop/model/serve":                    {"model", "views", "poller"},
}

func list(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

func TestFloorsImportOnlyDownward(t *testing.T) {
	for _, line := range list(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "polltop/...") {
		pkg, imports, _ := strings.Cut(line, " ")
		allowed, known := floors[pkg]
		if !known {
			t.Errorf("%s has no floor", pkg)
		}
		for imported := range strings.FieldsSeq(imports) {
			ours := strings.TrimPrefix(imported, "polltop/")
			if ours == imported {
				continue
			}
			fits := false
			for _, floor := range allowed {
				fits = fits || ours == floor || strings.HasPrefix(ours, floor+"/")
			}
			if !fits {
				t.Errorf("%s imports %s, which is not below it", pkg, imported)
			}
		}
	}
	for _, pkg := range []string{"polltop/views", "polltop/poller", "polltop/model/tasktable/index"} {
		for _, dep := range list(t, "-deps", pkg) {
			if strings.HasPrefix(dep, "charm.land/bubbletea") {
				t.Errorf("%s depends on %s", pkg, dep)
			}
		}
	}
}

func TestBinaryLinksNothingOfTheTests(t *testing.T) {
	for _, dep := range list(t, "-deps", "polltop") {
		if dep == "testing" || strings.HasPrefix(dep, "testing/") || strings.HasPrefix(dep, "polltop/poller/simulator/") || strings.HasPrefix(dep, "github.com/nats-io/nats-server") {
			t.Errorf("the binary links %s", dep)
		}
	}
}
