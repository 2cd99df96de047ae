package hook

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"polltop/poller"
	"polltop/poller/guard"
	"polltop/views/report"
)

// errClosing is why commands are ended by Close.
var errClosing = errors.New("ended, as polltop ends")

// run runs the command for a task. It returns nil for exit status 0, else what went wrong.
func (r *Runner) run(task *poller.Task) error {
	var input bytes.Buffer
	object := report.HookObject{TaskObject: report.ObjectOf(task, report.EventEnded, time.Now(), nil)}
	if r.Input != nil && task.Payload != 0 {
		if stored, ok := r.Input(task.Payload); ok {
			object.Input = stored
		}
	}
	if err := report.Encode(&input, object); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(r.context, r.limit, fmt.Errorf("took longer than %v and was ended", r.limit))
	defer cancel()
	stderr := &tail{}
	cmd := shell(ctx, r.command)
	cmd.Env = environment(os.Environ())
	cmd.Stdin, cmd.Stderr = &input, stderr
	cmd.WaitDelay = r.grace
	group, err := start(cmd)
	if err != nil {
		return cmp.Or(context.Cause(r.context), fmt.Errorf("could not be started: %w", err))
	}
	// Wait returns when the command has ended and its standard error is closed, at the latest
	// after the grace, which the children have too.
	err = cmd.Wait()
	switch {
	case err != nil && ctx.Err() != nil:
		group.kill()
		err = context.Cause(ctx)
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil // it succeeded, and a child still has its standard error, which is allowed
		fallthrough
	default:
		group.release()
	}
	if line := stderr.lastLine(); err != nil && line != "" {
		return fmt.Errorf("%w: %s", err, line)
	}
	return err
}

// secretNames are the variables of the services' keys.
var secretNames = []string{"API_KEY", "FAL_KEY", "COMFY_API_KEY"}

// environment returns the variables for a command: all but keys and polltop's own, which may name
// a key.
func environment(all []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		// Windows ignores the case of names; elsewhere api_key is dropped too.
		name = strings.ToUpper(name)
		return slices.Contains(secretNames, name) || strings.HasPrefix(name, "POLLTOP_")
	})
}

// tail stores the last bytes that are written to it.
type tail struct {
	last []byte
}

// Write stores the last bytes, and never fails.
func (t *tail) Write(text []byte) (n int, err error) {
	defer guard.Error(&err) // it runs in a goroutine of os/exec
	t.last = append(t.last, text...)
	t.last = t.last[max(0, len(t.last)-maxStderr):]
	return len(text), nil
}

// lastLine returns the last line that is not blank, which has the error after a trace; "" for none.
func (t *tail) lastLine() string {
	text := strings.TrimSpace(strings.ToValidUTF8(string(t.last), "\ufffd"))
	return strings.TrimSpace(text[strings.LastIndexAny(text, "\r\n")+1:])
}
