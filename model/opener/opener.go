package opener

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os/exec"
	"runtime"

	"github.com/cli/browser"
)

// New returns a function that opens a URL, for a terminal with an environment. Its error says why
// it can't: over SSH the browser would open on another machine, and a Linux console has none.
func New(getenv func(string) string) func(url string) error {
	return func(address string) error {
		u, err := url.Parse(address)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") {
			return errors.New("only http and https URLs are opened")
		}
		if err := reachable(getenv); err != nil {
			return err
		}
		// The browser's output must not appear on the dashboard's screen.
		browser.Stdout, browser.Stderr = io.Discard, io.Discard
		switch err := browser.OpenURL(address); {
		case errors.Is(err, exec.ErrNotFound):
			return errors.New("no browser was found here (xdg-open would find it)")
		case err != nil:
			return fmt.Errorf("the browser could not be started (%w)", err)
		}
		return nil
	}
}

// reachable returns why no browser of the user can be opened; nil if one can.
func reachable(getenv func(string) string) error {
	if getenv("SSH_CONNECTION") != "" || getenv("SSH_TTY") != "" {
		return errors.New("this is another machine, reached by SSH, and has no browser of yours")
	}
	if runtime.GOOS == "linux" && getenv("DISPLAY") == "" && getenv("WAYLAND_DISPLAY") == "" && getenv("WSL_DISTRO_NAME") == "" {
		return errors.New("there is no graphical session here to open a browser in")
	}
	return nil
}
