// Polltop watches many asynchronous generation tasks on a queue API in the
// terminal: what runs, what failed and why.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"polltop/model"
	"polltop/model/hook"
	"polltop/model/intake"
	"polltop/model/notify"
	"polltop/model/opener"
	"polltop/poller"
	"polltop/poller/fetch"
	"polltop/poller/queue"
	"polltop/poller/settings"
	"polltop/poller/simulator"
	"polltop/views/report"
	"polltop/views/safe"
)

// How many --exec commands run at once, and how many ended tasks may wait for one.
const (
	execConcurrency = 4
	execQueue       = 100_000
)

// The exit statuses. A signal's is 128 and its number, as shells have it.
const (
	exitFailed = 1
	exitUsage  = 2
)

// errExit ends the program with a status and without another word.
type errExit int

func (e errExit) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	err := rootCommand().Execute()
	var exit errExit
	switch {
	case errors.As(err, &exit):
		os.Exit(int(exit))
	case err != nil:
		printError(err)
		os.Exit(exitUsage)
	}
}

// printError says in one line what is wrong: what it names may have come from
// anywhere, so it is made safe for the terminal first.
func printError(err error) { fmt.Fprintln(os.Stderr, "polltop: "+safe.Line(err.Error())) }

// version returns the version that the binary was built from.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

func rootCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "polltop [flags] [FILE | - | REQUEST_ID | URL]...",
		Short: "top for polled tasks: watch a batch of queue API requests to its end",
		Long: "polltop watches many asynchronous generation tasks on a queue API in the terminal:\n" +
			"what waits, what runs, what failed and why.\n\n" +
			"Tasks are named by a file, by standard input (also as -), by request ids and URLs as\n" +
			"arguments, or by pasting them into the running dashboard. Every form that people have\n" +
			"at hand is understood: bare ids, \"endpoint id\", URLs, create-task answers, log lines.",
		Example: `# see it at once, without a key or a network
polltop demo

# with the API documentation's variables in the shell
polltop "${COMMON_HEADERS[@]}" tasks.txt

# as tasks are submitted
./submit.sh | polltop --endpoint wan26_i2v`,
		Version:       version(),
		Args:          cobra.ArbitraryArgs,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	flags := settings.Bind(cmd.Flags())
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		return dashboard(flags, args)
	}
	cmd.AddCommand(demoCommand(), simulateCommand(), versionCommand())
	return cmd
}

// dashboard resolves the settings, reads what names tasks, and only then opens
// the screen, so that what is wrong can be said in a plain line.
func dashboard(flags *settings.Flags, args []string) error {
	s, err := flags.Resolve(os.LookupEnv, true)
	if err != nil {
		return err
	}
	given, err := intake.Read(s.Source(), args, s.Fallback, os.Stdin)
	if err != nil {
		return err
	}
	for _, warning := range s.Warnings {
		fmt.Fprintln(os.Stderr, "polltop: "+safe.Line(warning))
	}
	host := s.Bases[0].Host()
	if more := len(s.Bases) - 1; more > 0 {
		host = fmt.Sprintf("%s +%d", host, more)
	}
	notice := ""
	if given.Unread {
		notice = "what is piped into standard input is not read, as tasks were named: name - too to read it"
	}
	return show(s, func() (*settings.Settings, error) { return flags.Resolve(os.LookupEnv, true) }, model.Options{
		Source: s.Source(), Requests: given.Requests, Problems: given.Problems,
		Stream: given.Stream, Host: host, Notice: notice,
	})
}

// show runs the dashboard and leaves a summary in the scrollback. Settings can be
// resolved again for another key; resolve is nil where there is no other.
func show(s *settings.Settings, resolve func() (*settings.Settings, error), o model.Options) error {
	if err := needTerminal(); err != nil {
		return err
	}
	var current atomic.Pointer[settings.Settings]
	current.Store(s)
	header := func(b *queue.Base) http.Header { return current.Load().HeaderFor(b) }
	agent := "polltop/" + version()
	client := queue.NewClient(queue.ClientOptions{
		Header: header, Secrets: s.Secrets, Timeout: s.Timeout, Concurrency: s.Concurrency, UserAgent: agent,
	})
	defer client.Close()
	downloads, err := fetch.New(fetch.Options{
		Dir: s.OutputDir, MaxBytes: s.MaxDownload, Header: header, UserAgent: agent, Secrets: s.Secrets,
	})
	if err != nil {
		return err
	}
	defer downloads.Close()
	if resolve != nil {
		o.Rekey = func() (string, error) { return rekey(client, &current, resolve) }
	}
	o.Clock, o.Getenv, o.Open = time.Now, os.Getenv, opener.New(os.Getenv)
	o.Downloads, o.OutputDir = downloads, s.OutputDir
	o.ReducedMotion, o.SlowAfter, o.Notify = s.ReducedMotion, s.SlowAfter, notify.ParseMode(string(s.Notify))
	if s.Preview {
		o.Peek = client.Peek
	}
	if s.Exec != "" {
		commands := hook.New(s.Exec, execConcurrency, execQueue)
		defer commands.Close()
		o.Exec = commands
	}
	left, err := model.Run(o, poller.NewPoller(poller.Options{
		Service: client, Rate: s.Rate, Concurrency: s.Concurrency, Interval: s.Interval, Results: s.Results,
	}))
	return leave(left, err)
}

// rekey takes the key anew from its file, while the dashboard runs.
func rekey(client *queue.Client, current *atomic.Pointer[settings.Settings], resolve func() (*settings.Settings, error)) (string, error) {
	fresh, err := resolve()
	switch {
	case err != nil:
		return "", err
	case !fresh.KeyFromFile:
		return "", errors.New("it comes from the environment or a flag, which can't change while polltop runs: keep it in a file and start with --api-key-file")
	}
	client.AddSecrets(fresh.Secrets...)
	current.Store(fresh)
	return "the key was read again: what had been refused is tried again", nil
}

// leave prints what stays in the scrollback and returns the exit status.
func leave(left model.Leaving, err error) error {
	width, _, sizeErr := term.GetSize(os.Stdout.Fd())
	if sizeErr != nil {
		width = 80
	}
	printErr := report.Summary(os.Stdout, report.SummaryProps{
		Tasks: left.Tasks, Elapsed: left.Elapsed, Polls: left.Polls,
		Width: width, Color: os.Getenv("NO_COLOR") == "",
	})
	if number, ok := left.Signal.(syscall.Signal); ok {
		return errExit(128 + int(number))
	}
	if err != nil {
		printError(err)
		return errExit(exitFailed)
	}
	return printErr
}

// needTerminal says what is missing where the dashboard can't be drawn.
func needTerminal() error {
	switch {
	case !term.IsTerminal(os.Stdout.Fd()):
		return errors.New("standard output is not a terminal, which the dashboard needs: run polltop without redirecting its output")
	case os.Getenv("TERM") == "dumb":
		return errors.New("TERM is dumb: this terminal can't draw a dashboard; run polltop in another, or set TERM to what it is, such as xterm-256color")
	}
	return nil
}

func demoCommand() *cobra.Command {
	var tasks int
	var seed uint64
	var speed float64
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the dashboard over a simulated queue: no key, no network",
		Example: `polltop demo
polltop demo --tasks 500 --speed 2`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if err := checkScenario(tasks, speed); err != nil {
				return err
			}
			return demo(tasks, seed, speed)
		},
	}
	cmd.Flags().IntVar(&tasks, "tasks", 60, "how many tasks the batch has")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "which batch: the same seed makes the same one")
	cmd.Flags().Float64Var(&speed, "speed", 1, "how much faster than real time it runs")
	return cmd
}

// checkScenario says what is wrong with the flags of a simulated batch.
func checkScenario(tasks int, speed float64) error {
	if tasks < 1 || tasks > 100_000 {
		return fmt.Errorf("--tasks %d: give a number from 1 to 100000", tasks)
	}
	if !(speed >= 0.01 && speed <= 1000) {
		return fmt.Errorf("--speed %g: give a number from 0.01 to 1000, such as 2 for twice as fast", speed)
	}
	return nil
}

// demo watches a simulated batch on a server of its own on loopback.
func demo(tasks int, seed uint64, speed float64) error {
	if err := needTerminal(); err != nil {
		return err
	}
	server, submitted := simulator.Demo(tasks, seed, speed)
	url, err := server.Start("127.0.0.1:0")
	if err != nil {
		return err
	}
	defer server.Close()
	s, err := settings.Demo(url, simulator.DemoKey, max(30, float64(tasks)/4))
	if err != nil {
		return err
	}
	requests := make([]queue.Request, len(submitted))
	for i, task := range submitted {
		requests[i] = queue.Request{ID: task.ID, Endpoint: task.Endpoint, Base: s.Bases[0]}
	}
	return show(s, nil, model.Options{
		Source: s.Source(), Requests: requests, Host: "demo queue on " + s.Bases[0].Host(),
	})
}

func simulateCommand() *cobra.Command {
	var address string
	var tasks int
	var seed uint64
	var speed float64
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated queue API on loopback, to try polltop or a script on",
		Example: `polltop simulate --addr 127.0.0.1:8099
polltop simulate --addr 127.0.0.1:8099 --tasks 500 --speed 2`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkScenario(tasks, speed); err != nil {
				return err
			}
			return simulate(cmd.OutOrStdout(), address, tasks, seed, speed)
		},
	}
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:8099", "the address to listen on")
	cmd.Flags().IntVar(&tasks, "tasks", 60, "how many tasks are submitted at the start")
	cmd.Flags().Uint64Var(&seed, "seed", 1, "which batch: the same seed makes the same one")
	cmd.Flags().Float64Var(&speed, "speed", 1, "how much faster than real time it runs")
	return cmd
}

// simulate serves a simulated batch until it is interrupted.
func simulate(out io.Writer, address string, tasks int, seed uint64, speed float64) error {
	server, _ := simulator.Demo(tasks, seed, speed)
	defer server.Close()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	url, err := server.Start(address)
	if err != nil {
		return fmt.Errorf("--addr %s: %w", address, err)
	}
	if err := server.Describe(out, url); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "polltop version",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "polltop "+version())
			return err
		},
	}
}
