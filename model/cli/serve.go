package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/adrg/xdg"
	"github.com/spf13/cobra"

	"polltop/model"
	"polltop/model/actions"
	"polltop/model/cli/settings"
	"polltop/model/crash"
	"polltop/model/hook"
	"polltop/model/input"
	"polltop/model/notify"
	"polltop/model/serve"
	"polltop/poller"
	"polltop/poller/guard"
	"polltop/poller/queue"
	"polltop/poller/store"
)

// serveFlags are those of serve alone.
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
	flags := settings.Bind(cmd.Flags(), settings.Polling, settings.Sessions, settings.Outputs, settings.Dashboard)
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return serveDashboards(cmd, flags, f, args) }
	return cmd
}

// serveDashboards serves dashboards until it is interrupted.
func serveDashboards(cmd *cobra.Command, flags *settings.Flags, f serveFlags, args []string) error {
	resolve := func() (*settings.Settings, error) { return flags.Resolve(os.LookupEnv, true) }
	s, err := resolve()
	if err != nil {
		return err
	}
	given, err := input.ReadArguments(s.Source(), args, s.Fallback, os.Stdin)
	if err != nil {
		return err
	}
	if s.Download {
		s.Download = false
		printLine(os.Stderr, "serve downloads nothing by itself: d in a dashboard does")
	}
	for _, warning := range s.Warnings {
		printLine(os.Stderr, warning)
	}
	access, who, err := accessOf(f)
	if err != nil {
		return err
	}
	start := startOf(cmd, args, len(given.Requests))
	return serveTasks(s, resolve, start, serve.Options{
		Access: access, HostKey: filepath.Join(xdg.StateHome, "polltop", "serve_host_key"),
		Log: func(text string) { printLine(os.Stderr, text) },
		Dashboard: model.Options{
			Source: s.Source(), Host: hostName(s), Options: actions.Options{OutputDir: s.OutputDir},
			ReducedMotion: s.ReducedMotion, SlowAfter: s.SlowAfter, Notify: notify.Mode(s.Notify),
		},
	}, func(server *serve.Server, tracker poller.Runner, catcher *crash.Catcher) error {
		listener, err := net.Listen("tcp", f.listen)
		if err != nil {
			return fmt.Errorf("--listen %s: %w: give an address and a free port, such as 127.0.0.1:2222", f.listen, err)
		}
		return serveUntilSignal(server, listener, catcher, func(ctx context.Context) error {
			describe(cmd.OutOrStdout(), listener.Addr(), server.Fingerprint(), who)
			return feed(ctx, s, given, &asker{take: f.takeUnsure}, tracker)
		})
	})
}

// serveTasks makes a server over a session, and hands it to run.
func serveTasks(s *settings.Settings, resolve func() (*settings.Settings, error), start []any, o serve.Options,
	run func(*serve.Server, poller.Runner, *crash.Catcher) error) (err error) {
	service, err := openService(s, start)
	if err != nil {
		return err
	}
	defer service.end(&err)
	downloads := service.downloads()
	defer downloads.Close()
	polling := service.options()
	polling.Hook = s.Exec != ""
	tracker, warning, err := track(cmp.Or(s.Session, store.DefaultSession), s, polling)
	if err != nil {
		return err
	}
	tracker = logged{tracker, service.log}
	if s.Exec != "" {
		hooked := newHooked(tracker, newCommands(s, tracker))
		defer hooked.commands.Close()
		tracker = hooked
	}
	o.Poller, o.Downloads = tracker, downloads
	o.NewCatcher = service.newCatcher
	o.Dashboard.Warning = warning
	o.Dashboard.Rekey = func() (string, error) { return service.rekey(resolve) }
	o.Dashboard.List = service.List
	if s.Preview {
		o.Dashboard.Peek = service.Peek
	}
	server, err := serve.New(o)
	if err != nil {
		return err
	}
	return run(server, tracker, service.crash)
}

// accessOf returns whose keys are let in, and how many there are in words.
func accessOf(f serveFlags) (a serve.Access, who string, err error) {
	a = serve.Access{AuthorizedKeys: settings.Expand(f.authorizedKeys), Operators: settings.Expand(f.operators)}
	viewers, operators, warnings, err := a.Check()
	if err != nil {
		return a, "", err
	}
	for _, warning := range warnings {
		printLine(os.Stderr, warning)
	}
	who = fmt.Sprintf("keys let in: viewers %d, operators %d", viewers, operators)
	if operators == 0 {
		who += " (--operators names those who may add, cancel and pause)"
	}
	return a, who, nil
}

// describe prints where the server is, and how to know that it is the right one.
func describe(out io.Writer, address net.Addr, fingerprint, who string) {
	host, port, _ := net.SplitHostPort(address.String())
	ip := net.ParseIP(host)
	connect := host
	if ip == nil || !ip.IsLoopback() {
		printLine(os.Stderr, "others reach this address: whoever has one of the keys is let in from there")
		if connect, _ = os.Hostname(); connect == "" || ip != nil && !ip.IsUnspecified() {
			connect = host
		}
	}
	for _, line := range []string{"serving on " + address.String() + ": ssh -p " + port + " " + connect, "host key " + fingerprint, who} {
		printLine(out, line)
	}
}

// serveUntilSignal serves until a signal or a panic ends it. feed gives the poller tasks.
func serveUntilSignal(server *serve.Server, listener net.Listener, catcher *crash.Catcher, feed func(context.Context) error) error {
	signals := []os.Signal{syscall.SIGTERM}
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as nohup and a shell's & have it
			signals = append(signals, s)
		}
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	exit := crash.NewExitGuard(catcher, nil)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	guard.Go(func() {
		select {
		case <-catcher.Caught():
			cancel(catcher.Err())
		case <-ctx.Done():
		}
		exit.Start(exitFailed)
	})
	guard.Go(func() {
		if err := feed(ctx); err != nil {
			cancel(err)
		}
	})
	err := server.Run(ctx, listener)
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// feed has the given tasks tracked, and then those of streams as they come.
func feed(ctx context.Context, s *settings.Settings, given input.Given, ask *asker, tracker poller.Runner) error {
	add := func(requests []queue.Request) {
		if len(requests) == 0 {
			return
		}
		if tracked := tracker.Track(requests); tracked.StoreErr != nil {
			printLine(os.Stderr, "not on disk: "+tracked.StoreErr.Error())
		}
	}
	add(append(given.Requests, ask.answer(given.Refused, given.Unsure)...))
	read, err := more(s, given, ask)
	if err != nil || read == nil {
		return err
	}
	return read(ctx, add)
}

// hostName names the services in the header.
func hostName(s *settings.Settings) string {
	host := s.Bases[0].Host()
	queues := slices.DeleteFunc(slices.Clone(s.Bases), (*queue.Base).Lists)
	if more := len(queues) - 1; more > 0 {
		host = fmt.Sprintf("%s +%d", host, more)
	}
	return strings.TrimSpace(host)
}

// hooked is a tracker for whose ended tasks a command is run: where several dashboards are
// open, none of them does it.
type hooked struct {
	poller.Runner
	commands *hook.Runner
	added    map[int32]bool
}

func newHooked(tracker poller.Runner, commands *hook.Runner) *hooked {
	h := &hooked{Runner: tracker, commands: commands, added: map[int32]bool{}}
	guard.Go(func() {
		failed := 0
		for range h.commands.Changed() {
			if _, _, now, last := h.commands.Counts(); now > failed {
				failed = now
				printLine(os.Stderr, "--exec: "+last)
			}
		}
	})
	return h
}

// Next returns the next update, and has the command run for the tasks that have ended.
func (h *hooked) Next(ctx context.Context) (poller.Update, bool) {
	u, ok := h.Runner.Next(ctx)
	for _, t := range u.Tasks {
		if t.HookDue && !h.added[t.Seq] && u.Persistence.Viewing == "" {
			h.added[t.Seq] = true
			h.commands.Add(t)
		}
	}
	return u, ok
}
