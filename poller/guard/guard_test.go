package guard

import (
	"errors"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

// handled has panics told to the channel that it returns, with their stacks.
func handled(t *testing.T) <-chan string {
	t.Helper()
	told := make(chan string, 1)
	Handle(func(value any) { told <- value.(string) + "\n" + string(debug.Stack()) })
	t.Cleanup(func() { Handle(nil) })
	return told
}

// fail panics as far down as a real one does.
func fail() { panic("a mistake") }

func TestPanicsAreToldWhereTheyHappen(t *testing.T) {
	told := handled(t)
	var group sync.WaitGroup
	for name, start := range map[string]func(){
		"goroutine": func() { Go(fail) },
		"group":     func() { group.Go(Func(fail)) },
		"timer":     func() { time.AfterFunc(0, Func(fail)) },
		"deferred":  func() { defer Catch(); fail() },
		"error": func() {
			err := func() (err error) {
				defer Error(&err)
				fail()
				return nil
			}()
			if !errors.Is(err, ErrPanicked) {
				t.Errorf("the error is %v", err)
			}
		},
	} {
		start()
		text := <-told
		if !strings.HasPrefix(text, "a mistake\n") || !strings.Contains(text, "guard.fail(") {
			t.Errorf("%s: told was\n%s", name, text)
		}
	}
	group.Wait()
}

func TestWithoutAPanicNothingIsTold(t *testing.T) {
	told := handled(t)
	ran := make(chan bool, 1)
	Go(func() { ran <- true })
	<-ran
	err := errors.New("its own")
	if got := func() (err2 error) { defer Error(&err2); return err }(); got != err {
		t.Errorf("the error is %v", got)
	}
	select {
	case text := <-told:
		t.Errorf("told was\n%s", text)
	default:
	}
}

// A panic that nobody is told of ends the process, and is never lost.
func TestWithoutAHandlerGoEndsTheProcess(t *testing.T) {
	if os.Getenv("GUARD_TEST_PANICS") != "" {
		Go(fail)
		select {}
	}
	command := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	command.Env = append(os.Environ(), "GUARD_TEST_PANICS=1")
	out, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "panic: a mistake") || !strings.Contains(string(out), "guard.fail(") {
		t.Errorf("it ended with %v\n%s", err, out)
	}
}
