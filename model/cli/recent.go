package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"polltop/model/cli/settings"
	"polltop/model/script"
	"polltop/poller/backoff"
	"polltop/poller/queue"
	"polltop/views/report"
	"polltop/views/safe"
)

const (
	// pageAttempts bounds the requests for one page of the list.
	pageAttempts = 4
	// minPageWait and maxPageWait bound the wait between two of them.
	minPageWait = time.Second
	maxPageWait = 30 * time.Second
)

type recentFlags struct {
	since          string
	json, payloads bool
}

func recentCommand() *cobra.Command {
	var f recentFlags
	cmd := &cobra.Command{
		Use:   "recent [flags]",
		Short: "List the recent requests of an endpoint, as the service has them",
		Long: `recent asks fal for the requests to an endpoint, the latest first, and writes
endpoint and request id of each, a line that polltop reads. With --json they are
records, with --payloads such that polltop can submit them again.

The list is on a host of its own, which has to be named as a further base URL:
` + queue.ListURL + `, for apps of your own ending with serverless
instead of models. SeaCloud and Comfy Router have no such list.`,
		Example: `polltop recent --endpoint fal-ai/flux/dev --since 2h
polltop recent | polltop
polltop recent --payloads --since 24h | polltop --session yesterday`,
		Args: cobra.NoArgs,
	}
	cmd.Flags().StringVar(&f.since, "since", "24h", "list the requests of the last `TIME`")
	cmd.Flags().BoolVar(&f.json, "json", false, "write each request as a JSON object, one a line")
	cmd.Flags().BoolVar(&f.payloads, "payloads", false, "with what each was submitted with, as input in its JSON object")
	return serviceCommand(cmd, func(c *invocation) error { return recent(c, f) }, settings.Polling)
}

func recent(c *invocation, f recentFlags) (err error) {
	since, err := settings.ParseDuration("--since", f.since)
	if err != nil {
		return err
	}
	q := queue.ListQuery{Base: queue.ListBase(c.Bases), Endpoint: c.Endpoint, Since: time.Now().Add(-since), Payloads: f.payloads}
	isFal := slices.ContainsFunc(c.Bases, func(b *queue.Base) bool { return b.Service() == queue.Fal })
	switch {
	case q.Base == nil && !isFal:
		return fmt.Errorf("%s has no list of recent requests that is documented; fal has one: --base-url %s", c.Bases[0].Service(), queue.ListURL)
	case q.Base == nil:
		return fmt.Errorf("fal's list of requests is on a host of its own, which your key goes to only if you name it too: --base-url %s", queue.ListURL)
	case q.Endpoint == "":
		return errors.New("no endpoint is known: name one with --endpoint or ENDPOINT, such as fal-ai/flux/dev")
	}
	service, err := openService(c)
	if err != nil {
		return err
	}
	defer service.shutdown(&err)
	fault, err := writeRecent(c.cmd.Context(), c.cmd.OutOrStdout(), service.List, q, f.json || f.payloads)
	switch {
	case errors.Is(err, syscall.EPIPE): // a reader that has seen enough
		return nil
	case fault != nil:
		printLines(os.Stderr, "the list is not whole: "+q.Base.Host()+": "+fault.Error()+adviceByKind[fault.Kind])
		return errExit(script.ExitUnknown)
	}
	return err
}

// adviceByKind is the advice that the message about a failed request ends with.
var adviceByKind = map[queue.FaultKind]string{
	queue.Unauthorized: "; check the key: FAL_KEY, API_KEY, --api-key-file or -H gives it",
	queue.Missing:      "; if it is an app of your own, its list has a base URL that ends with serverless instead of models",
}

// writeRecent writes all pages of a list. The fault is why the list could not be read to its end.
func writeRecent(ctx context.Context, out io.Writer, list queue.ListFunc, q queue.ListQuery, asJSON bool) (*queue.Fault, error) {
	for {
		page, fault := fetchPage(ctx, list, q)
		if fault != nil {
			return fault, nil
		}
		for _, r := range page.Items {
			var err error
			if asJSON {
				err = report.Encode(out, report.RecentObject(r))
			} else {
				_, err = fmt.Fprintln(out, safe.Line(r.Endpoint+" "+r.RequestID))
			}
			if err != nil {
				return nil, err
			}
		}
		if page.Next == "" || page.Next == q.Cursor {
			return nil, nil
		}
		q.Cursor = page.Next
	}
}

// fetchPage requests a page, and repeats a request that failed for a reason that may pass.
func fetchPage(ctx context.Context, list queue.ListFunc, q queue.ListQuery) (page queue.ListPage, fault *queue.Fault) {
	for attempt := 1; ; attempt++ {
		page, fault = list(ctx, q)
		if fault == nil || attempt == pageAttempts || fault.HTTP >= 400 && fault.HTTP < 500 && fault.Kind != queue.RateLimited {
			return page, fault
		}
		select {
		case <-time.After(max(fault.RetryAfter, backoff.Delay(nil, minPageWait, attempt-1, maxPageWait))):
		case <-ctx.Done():
			return page, fault
		}
	}
}
