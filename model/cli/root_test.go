package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUsageErrors holds what is told of arguments that are wrong by themselves.
func TestUsageErrors(t *testing.T) {
	t.Setenv("API_KEY", "sk-test-0123456789")
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"waitt":                          `"waitt" is no command, file or request id: did you mean polltop wait?`,
		"stauts mmsu_01hxyz":             "did you mean polltop status?",
		"sesions":                        "did you mean polltop sessions?",
		"wait --timeout 5 x":             "--timeout: 5 has no unit: write 5s",
		"wait --timeout=-5s x":           "--timeout: -5s is less than nothing",
		"wait --timeout soon x":          `--timeout: "soon" is not a duration`,
		"wait --interval 5 x":            "--interval: 5 has no unit: write 5s",
		"simulate --tasks 0":             "--tasks 0: give a number from 1 to 100000",
		"simulate --service dall-e":      "give seacloud, fal or comfy",
		"simulate --ids " + taken:        "--ids: open " + taken + ": file exists",
		"export --format xls":            `--format: "xls" is no format: give one of ndjson, json, csv, ids, requests, md`,
		"export --output a.xls":          "--output a.xls: no format has this extension: name one with --format",
		"export --state sleeping":        "--state:",
		"parse a b":                      "accepts at most 1 arg(s), received 2: write polltop parse [flags] [FILE | -]",
		"sessions rm":                    "received 0: write polltop sessions rm NAME...",
		"demo x":                         "write polltop demo",
		"help wiat":                      "did you mean polltop wait?",
		"help nothing":                   `"nothing" is no command: polltop help lists them`,
		"wait --jsno x":                  "unknown flag: --jsno: polltop wait --help lists the flags",
		"wait --timeout":                 "flag needs an argument: --timeout: polltop wait --help lists the flags",
		"wait --fail-fast=maybe x":       `--fail-fast: "maybe" is neither true nor false: write one of them`,
		"simulate --tasks many":          `--tasks: "many" is not a whole number: write one such as `,
		"demo --speed fast":              `--speed: "fast" is not a number: write one such as 1`,
		"demo --speed 0":                 "--speed 0: give a number from 0.01 to 1000",
		"sessions repair no-such-batch":  "no session no-such-batch",
		"--rate fast mmsu_01hxyz8k3vq2m": `"fast" is not a number`,
	} {
		cmd := rootCommand()
		var out bytes.Buffer
		cmd.SetArgs(strings.Fields(args))
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		if err := cmd.Execute(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("polltop %s: %v, want %s", args, err, want)
		}
	}
}

// Both ways to ask for help write the same, with the flag that asks for it, and topics are completed.
func TestHelpCommand(t *testing.T) {
	run := func(args ...string) string {
		cmd := rootCommand()
		var out bytes.Buffer
		cmd.SetArgs(args)
		cmd.SetOut(&out)
		cmd.SetErr(&out)
		if err := cmd.Execute(); err != nil {
			t.Errorf("polltop %s: %v", args, err)
		}
		return out.String()
	}
	for _, topic := range [][]string{{}, {"wait"}, {"sessions", "rm"}} {
		help, flag := run(append([]string{"help"}, topic...)...), run(append(topic, "--help")...)
		if help != flag || !strings.Contains(help, "--help") {
			t.Errorf("polltop help %s wrote\n%s\nand --help\n%s", topic, help, flag)
		}
	}
	if out := run("__complete", "help", "wa"); !strings.HasPrefix(out, "wait\t") {
		t.Errorf("the topic wa is completed to %q", out)
	}
}
