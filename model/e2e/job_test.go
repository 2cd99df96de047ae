//go:build unix

package e2e

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"polltop/poller/simulator/faulty"

	"golang.org/x/sys/unix"
)

// playShell runs a program as a shell with job control does: as a job of its own
// in the foreground of the terminal. When the job stops it says so, and lets it
// go on after a line of input.
func playShell(args []string) int {
	// A shell takes the terminal back from the background, which would stop it.
	signal.Ignore(syscall.SIGTTOU)
	job := exec.Command(args[0], args[1:]...)
	job.Stdin, job.Stdout, job.Stderr = os.Stdin, os.Stdout, os.Stderr
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true, Ctty: 0}
	if err := job.Start(); err != nil {
		panic(err)
	}
	input := bufio.NewReader(os.Stdin)
	for stops := 1; ; stops++ {
		var status syscall.WaitStatus
		if _, err := syscall.Wait4(job.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil {
			panic(err)
		}
		foreground(os.Getpid())
		if !status.Stopped() {
			if status.Signaled() {
				return 128 + int(status.Signal())
			}
			return status.ExitStatus()
		}
		fmt.Println("the job has stopped,", stops)
		if _, err := input.ReadString('\n'); err != nil {
			panic(err)
		}
		foreground(job.Process.Pid)
		if err := syscall.Kill(-job.Process.Pid, syscall.SIGCONT); err != nil {
			panic(err)
		}
	}
}

// foreground gives the terminal to a process group.
func foreground(group int) {
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, group); err != nil {
		panic(err)
	}
}

func TestDyingIsNotStopping(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	for name, stop := range map[string]func(*terminal){
		"ctrl+z": func(term *terminal) { term.keys("\x1a") },
		"SIGTSTP": func(term *terminal) {
			job, err := unix.IoctlGetInt(int(term.file.Fd()), unix.TIOCGPGRP)
			if err != nil {
				t.Fatal(err)
			}
			syscall.Kill(job, syscall.SIGTSTP)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := startPlay(t, "shell", options{width: 100, height: 20, env: s.env()}, binary, s.Submit("wan26_i2v", forever))
			for _, stops := range []string{"stopped, 1", "stopped, 2"} { // the second time as the first
				term.waitText("running 1")
				stop(term)
				term.waitText(stops)
				term.wantRestored()
				term.keys("fg\n")
				term.waitFor("the dashboard again", func(screen string) bool {
					return strings.Contains(screen, "running 1") && !strings.Contains(screen, "has stopped")
				})
			}
			term.keys("q")
			if status, _ := term.wait(); status != 0 {
				t.Errorf("exit status %d", status)
			}
			term.wantRestored()
		})
	}
}

// Where no shell has started it, nothing would let it go on.
func TestDyingIsNotStoppingWithoutAShell(t *testing.T) {
	t.Parallel()
	s := serve(t, faulty.Config{})
	term := start(t, options{width: 100, height: 20, env: s.env()}, s.Submit("wan26_i2v", forever))
	term.waitText("running 1")
	term.keys("\x1a")
	term.waitText("no shell", "running 1")
	term.keys("q")
	if status, _ := term.wait(); status != 0 {
		t.Errorf("exit status %d", status)
	}
	term.wantRestored()
}
