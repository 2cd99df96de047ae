package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/hook"
	"polltop/model/script"
	"polltop/model/serve"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

type serveFlags struct {
	listen, authorizedKeys, operators string
	takeUnsure                        bool
}

func serveCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags] [FILE | - | REQUEST_ID | URL]...",
		Short: "Give each ssh connection a dashboard on the same tasks",
		Long: `serve polls once and gives each ssh connection a dashboard of its own: ssh is
all that a client needs. The keys of --authorized-keys may look and copy;
those that are in --operators too may also add, cancel, download and pause.
There are no passwords, commands, files or forwarding. It ends with ^c.`,
		Example: `polltop serve tasks.txt
ssh -p 2222 localhost
polltop serve --listen 0.0.0.0:2222 --authorized-keys team.keys --operators ops.keys --session batch-7`,
		Args: cobra.ArbitraryArgs,
	}
	cmd.Flags().StringVar(&f.listen, "listen", "127.0.0.1:2222", "`ADDRESS` to listen on: with another than a loopback address others reach it")
	cmd.Flags().StringVar(&f.authorizedKeys, "authorized-keys", "~/.ssh/authorized_keys", "`FILE` of the public keys that are let in")
	cmd.Flags().StringVar(&f.operators, "operators", "", "`FILE` of those among them that may add, cancel, download and pause; without it none may")
	cmd.Flags().BoolVar(&f.takeUnsure, "take-unsure", false, "take ids of which it is unsure whether they name requests, instead of telling them")
	return serviceCommand(cmd, func(c *invocation) error { return serveDashboards(c, f) },
		settings.Polling, settings.Sessions, settings.Outputs, settings.Dashboard)
}

func serveDashboards(c *invocation, f serveFlags) (err error) {
	if err := c.readTasks(); err != nil {
		return err
	}
	if c.Download {
		c.Download = false
		printLines(os.Stderr, "serve downloads nothing by itself: d in a dashboard does")
	}
	access, keyCounts, err := readAccess(f)
	if err != nil {
		return err
	}
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.shutdown(&err)
	downloads := service.downloads()
	defer downloads.Close()
	tracker, commands, warning, err := service.openTracker(c, cmp.Or(c.Session, store.DefaultSession))
	if err != nil {
		return err
	}
	tracker = observedRunner{tracker, service.log.Observe}
	if commands != nil {
		defer commands.Close()
		printHookFailures(commands)
		tracker = observedRunner{tracker, commands.Observe}
	}
	dashboard := service.dashboard(c)
	dashboard.Bars.Warning = warning
	server, err := serve.New(serve.Options{
		Access: access, HostKey: filepath.Join(xdg.StateHome, "polltop", "serve_host_key"), Log: func(text string) { printLines(os.Stderr, text) },
		Poller: tracker, Downloads: downloads, NewCatcher: service.newCatcher, Dashboard: dashboard,
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return fmt.Errorf("--listen %s: %w: give an address and a free port, such as 127.0.0.1:2222", f.listen, err)
	}
	reporter := newInputReporter()
	reporter.acceptUnsure = f.takeUnsure
	return serveUntilSignal(server, listener, service.crash, func(ctx context.Context) error {
		describe(c.cmd.OutOrStdout(), listener.Addr(), server.Fingerprint(), keyCounts)
		return trackInput(ctx, c, reporter, tracker)
	})
}

// readAccess reads the key files, and returns also a line that says how many keys may connect.
func readAccess(f serveFlags) (a serve.Access, keyCounts string, err error) {
	a = serve.Access{AuthorizedKeys: settings.Expand(f.authorizedKeys), Operators: settings.Expand(f.operators)}
	viewers, operators, warnings, err := a.Check()
	if err != nil {
		return a, "", err
	}
	printLines(os.Stderr, warnings...)
	keyCounts = fmt.Sprintf("keys let in: viewers %d, operators %d", viewers, operators)
	if operators == 0 {
		keyCounts += " (--operators names those who may add, cancel and pause)"
	}
	return a, keyCounts, nil
}

// describe prints the address and the fingerprint of the server's key.
func describe(out io.Writer, address net.Addr, fingerprint, keyCounts string) {
	host, port, _ := net.SplitHostPort(address.String())
	if ip := net.ParseIP(host); !ip.IsLoopback() {
		printLines(os.Stderr, "others reach this address: whoever has one of the keys is let in from there")
		if name, err := os.Hostname(); err == nil && (ip == nil || ip.IsUnspecified()) {
			host = name
		}
	}
	printLines(out, "serving on "+address.String()+": ssh -p "+port+" "+host, "host key "+fingerprint, keyCounts)
}

// serveUntilSignal serves until a signal or a panic ends it. trackInput runs beside the server.
func serveUntilSignal(server *serve.Server, listener net.Listener, catcher *crash.Catcher, trackInput func(context.Context) error) error {
	ctx, cancel := contextUntilSignal(catcher)
	defer cancel(nil)
	guard.Go(func() {
		if err := trackInput(ctx); err != nil {
			cancel(err)
		}
	})
	err := server.Run(ctx, listener)
	if _, signaled := errors.AsType[script.Signaled](context.Cause(ctx)); err == nil && !signaled {
		return context.Cause(ctx)
	}
	return err
}

// trackInput tracks the tasks of the arguments, and then those of streams as they arrive.
func trackInput(ctx context.Context, c *invocation, reporter *inputReporter, tracker poller.Runner) error {
	add := func(requests []queue.Request) {
		if len(requests) == 0 {
			return
		}
		if tracked := tracker.Track(requests); tracked.StoreErr != nil {
			printLines(os.Stderr, "not on disk: "+tracked.StoreErr.Error())
		}
	}
	reporter.addTracked(c.named.Requests)
	add(append(c.named.Requests, reporter.report(c.named.Problems, c.named.Questions)...))
	read, err := streamInput(c, reporter)
	if err != nil || read == nil {
		return err
	}
	return read(ctx, script.Sink{Track: add, Notice: reporter.notice, Object: reporter.object})
}

// printHookFailures prints each new failure of a hook command.
func printHookFailures(commands *hook.Runner) {
	guard.Go(func() {
		printed := 0
		for range commands.Changed() {
			if _, _, _, failed, last := commands.Counts(); failed > printed {
				printed = failed
				printLines(os.Stderr, "--exec: "+last)
			}
		}
	})
}
