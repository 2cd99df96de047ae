package simulator

import (
	"math"
	"time"
)

// view is a task's state at one time.
type view struct {
	phase       phase
	position    int
	outcome     Outcome
	provider    *ProviderError
	resultError *ResultError
	inference   float64  // seconds
	ran         bool     // whether it ever had a worker
	progress    *float64 // from 0 to 1; nil where the task tells none
	logs        []logLine
	gone        bool // the result is kept no longer
}

// viewOf returns a task's state. The caller holds the lock.
func (s *Server) viewOf(t *task, now time.Duration) view {
	inference := t.plan.InferenceTime
	if inference == 0 {
		inference = t.plan.Run * 9 / 10
	}
	v := view{
		phase:   t.phase(now),
		outcome: t.plan.Outcome, provider: t.plan.Provider, resultError: t.plan.ResultError,
		// With Speed, a run is shorter on the clock.
		inference: math.Round(inference.Seconds()/s.config.Speed*100) / 100,
		ran:       t.ran(),
		logs:      s.logsOf(t, now),
		gone:      t.plan.Kept != 0 && now >= t.end+max(0, t.plan.Kept),
	}
	if t.canceled {
		v.outcome, v.provider, v.resultError = s.dialect.canceledOutcome, nil, nil
	}
	if v.phase == inQueue {
		v.position = t.queue.position(t, now)
	}
	if t.plan.Progress && v.phase != inQueue && t.end > t.start {
		done := min(1, float64(now-t.start)/float64(t.end-t.start))
		done = math.Round(done*100) / 100
		v.progress = &done
	}
	return v
}
