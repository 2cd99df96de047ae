//go:build unix

package e2e

import (
	"bufio"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// What polltop simulate prints is what polltop wants in the environment, whichever
// service it speaks for.
func TestSimulatePrintsAnEnvironmentThatFits(t *testing.T) {
	t.Parallel()
	for _, service := range []string{"seacloud", "fal", "comfy"} {
		t.Run(service, func(t *testing.T) {
			t.Parallel()
			env := simulated(t, service)
			id := ""
			for _, line := range env {
				if name, value, _ := strings.Cut(line, "="); name == "REQUEST_ID" {
					id = value
				}
			}
			status, stdout, stderr := run(t, env, "", "status", id)
			if status != 3 || !strings.Contains(stdout, id) || !strings.Contains(stdout, "running") && !strings.Contains(stdout, "queued") {
				t.Errorf("exit status %d, %q, %q; want 3 and %s queued or running", status, stdout, stderr, id)
			}
		})
	}
	if status, _, stderr := run(t, nil, "", "simulate", "--service", "other"); status != 2 || !strings.Contains(stderr, "seacloud, fal or comfy") {
		t.Errorf("an unknown service: exit status %d, %q", status, stderr)
	}
}

// simulated runs polltop simulate until the end of the test and returns what it
// exports.
func simulated(t *testing.T, service string) []string {
	t.Helper()
	command := exec.Command(binary, "simulate", "--addr", "127.0.0.1:0", "--service", service)
	command.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Signal(os.Interrupt)
		command.Wait()
	})
	var env []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if line, ok := strings.CutPrefix(lines.Text(), "export "); ok {
			env = append(env, line)
		}
		if strings.Contains(lines.Text(), "Submit another") {
			return env
		}
	}
	t.Fatal("polltop simulate ended")
	return nil
}
