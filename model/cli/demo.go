package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/input"
	"polltop/poller/paste"
	"polltop/poller/queue"
	"polltop/poller/simulator"
)

// scenario is what the flags of demo and simulate say about the simulated batch.
type scenario struct {
	tasks int
	seed  uint64
	speed float64
}

// bind adds the flags to a command and checks their values before it runs. tasks describes --tasks.
func (s *scenario) bind(cmd *cobra.Command, tasks string) {
	cmd.Flags().IntVar(&s.tasks, "tasks", 60, tasks)
	cmd.Flags().Uint64Var(&s.seed, "seed", 1, "seed `N` of the batch: the same seed makes the same batch")
	cmd.Flags().Float64Var(&s.speed, "speed", 1, "speed `X`: how many times faster than real time it runs")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if s.tasks < 1 || s.tasks > 100_000 {
			return fmt.Errorf("--tasks %d: give a number from 1 to 100000", s.tasks)
		}
		if !(s.speed >= 0.01 && s.speed <= 1000) {
			return fmt.Errorf("--speed %g: give a number from 0.01 to 1000, such as 2 for twice as fast", s.speed)
		}
		return nil
	}
}

func demoCommand() *cobra.Command {
	var s scenario
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the dashboard over a simulated queue: no key, no network",
		Example: `polltop demo
polltop demo --tasks 500 --speed 2`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return demo(s.tasks, s.seed, s.speed) },
	}
	s.bind(cmd, "number `N` of tasks")
	return cmd
}

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
	return show(&invocation{Settings: s, named: input.Arguments{Result: paste.Result{Requests: requests}}}, "", "")
}

func simulateCommand() *cobra.Command {
	var address, service, ids string
	var s scenario
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Serve a simulated queue API on loopback, to try things on",
		Example: `polltop simulate --addr 127.0.0.1:8099
polltop simulate --addr 127.0.0.1:8099 --tasks 500 --speed 2 --ids simulated.txt
polltop simulate --addr 127.0.0.1:8099 --service fal`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !slices.Contains(simulator.Services(), simulator.Service(service)) {
				return fmt.Errorf("--service %q: give seacloud, fal or comfy", service)
			}
			server, submitted := simulator.Batch(simulator.Service(service), s.tasks, s.seed, s.speed)
			if ids != "" {
				if err := writeIDs(ids, submitted); err != nil {
					return err
				}
			}
			return simulate(cmd.OutOrStdout(), server, address)
		},
	}
	cmd.Flags().StringVar(&address, "addr", "127.0.0.1:8099", "`ADDRESS` to listen on")
	cmd.Flags().StringVar(&ids, "ids", "", "`FILE` to write the tasks to, as polltop reads them; an existing one is not overwritten")
	cmd.Flags().StringVar(&service, "service", string(simulator.SeaCloud), "`SERVICE` whose API it speaks: seacloud, fal or comfy")
	s.bind(cmd, "number `N` of tasks submitted at the start")
	return cmd
}

// writeIDs writes a line with endpoint and request id for each task to a new file.
func writeIDs(path string, submitted []simulator.Submitted) error {
	var lines strings.Builder
	for _, task := range submitted {
		fmt.Fprintf(&lines, "%s %s\n", task.Endpoint, task.ID)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("--ids: %w", err)
	}
	_, err = file.WriteString(lines.String())
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("--ids: %w", err)
	}
	return nil
}

func simulate(out io.Writer, server *simulator.Server, address string) error {
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
