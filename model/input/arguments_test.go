package input

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

const (
	idOne = "mmsu_01hxyz8k3v9d2c7q4n1b6w5t0e"
	idTwo = "mmsu_01hxyz9m1c7f2c7q4n1b6w5t0f"
)

func source(t *testing.T) paste.Source {
	t.Helper()
	base, err := queue.ParseBase("https://api.test/model")
	if err != nil {
		t.Fatal(err)
	}
	return paste.Source{Bases: []*queue.Base{base}, Endpoint: "wan26_i2v"}
}

// noInput is a standard input that holds nothing, as a terminal's before a key.
func noInput(t *testing.T) *os.File {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return null
}

func pipe(t *testing.T) *os.File {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { read.Close(); write.Close() })
	return read
}

func TestReadArguments(t *testing.T) {
	file := filepath.Join(t.TempDir(), "tasks.txt")
	if err := os.WriteFile(file, []byte("\ufeff"+idOne+"\r\nrequest_id: no id here\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	given, err := ReadArguments(source(t), []string{file, "nano_banana_2/" + idTwo, "https://api.test/model/v1/queue/kling/requests/" + idTwo + "/status"}, []string{"unused_1"}, noInput(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(given.Requests) != 3 || given.Requests[0].ID != idOne || given.Requests[1].Endpoint != "nano_banana_2" || given.Requests[2].Endpoint != "kling" {
		t.Errorf("requests %+v", given.Requests)
	}
	if len(given.Problems) != 1 || given.Problems[0].From != file || given.Problems[0].Line != 2 {
		t.Errorf("problems %+v, want one that names the file and the line", given.Problems)
	}
	if given.Streams != nil || given.StdinUnread {
		t.Errorf("stream %v, unread %v", given.Streams, given.StdinUnread)
	}
}

func TestArgumentsThatAreNothing(t *testing.T) {
	dir := t.TempDir()
	for arg, want := range map[string]string{
		dir:                              "is a directory",
		filepath.Join(dir, "tasks2.txt"): "no such file",
		"tasks3.json":                    "no such file",
		"./mmsu_1":                       "no such file",
		"hello":                          "no file that exists, nor a task",
		"https://evil.test/v1/queue/a/requests/" + idOne + "/status": "--base-url https://evil.test",
	} {
		if _, err := ReadArguments(source(t), []string{arg}, nil, noInput(t)); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), filepath.Base(arg)) {
			t.Errorf("%s: %v, want an error that names it and says %q", arg, err, want)
		}
	}
}

func TestStandardInput(t *testing.T) {
	if given, err := ReadArguments(source(t), []string{"-"}, nil, noInput(t)); err != nil || given.Streams == nil {
		t.Errorf("- and /dev/null, as cron has it: %+v, %v; want the stream", given, err)
	}
	if given, err := ReadArguments(source(t), nil, nil, pipe(t)); err != nil || given.Streams == nil {
		t.Errorf("a pipe and no argument: %+v, %v; want the stream", given, err)
	}
	if given, err := ReadArguments(source(t), []string{"-", idOne}, nil, pipe(t)); err != nil || given.Streams == nil || len(given.Requests) != 1 || given.StdinUnread {
		t.Errorf("- and an id: %+v, %v; want both", given, err)
	}
	if given, err := ReadArguments(source(t), []string{idOne}, nil, pipe(t)); err != nil || given.Streams != nil || !given.StdinUnread {
		t.Errorf("an id and a pipe: %+v, %v; want a word that the pipe is not read", given, err)
	}
}

func TestFallback(t *testing.T) {
	given, err := ReadArguments(source(t), nil, []string{idOne}, noInput(t))
	if err != nil || len(given.Requests) != 1 || given.Requests[0].ID != idOne {
		t.Errorf("%+v, %v; want REQUEST_ID's task", given, err)
	}
	if _, err := ReadArguments(source(t), nil, []string{"nonsense"}, noInput(t)); err == nil || !strings.Contains(err.Error(), "REQUEST_ID") {
		t.Errorf("%v, want an error that names REQUEST_ID", err)
	}
	if given, err := ReadArguments(source(t), nil, nil, noInput(t)); err != nil || len(given.Requests) != 0 || given.Streams != nil {
		t.Errorf("nothing at all: %+v, %v; want an empty table", given, err)
	}
}
