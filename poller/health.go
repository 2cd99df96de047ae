package poller

import (
	"math/rand/v2"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// hostTroubleAfter is the number of failed requests in a row that make trouble of a
	// host, troubleAfter that of an endpoint, for which they must be about troubleTasks
	// different tasks.
	hostTroubleAfter = 5
	troubleAfter     = 3
	troubleTasks     = 2
	// probeFirst and probeMost bound the waits between probes.
	probeFirst = time.Second
	probeMost  = 10 * time.Second
	// confirmAfter is the wait before the only task is polled again after a refused key.
	confirmAfter = 2 * time.Second
	// MaxFirstHold bounds what one Retry-After asks for, unless it is repeated.
	MaxFirstHold = 5 * time.Minute
	// failedTasksKept bounds the remembered failed tasks, witnessesKept the remembered
	// answered ones.
	failedTasksKept = 3
	witnessesKept   = 4
)

// health is the state of a host or an endpoint: the failed requests in a row, and the trouble
// that follows from them.
type health struct {
	failures int           // requests in a row without an answer
	first    time.Duration // when the first of them failed
	cause    causeKind     // of all of them
	tasks    []int32       // the first few different tasks among them

	// witnesses are the last answered tasks that have not failed since. While there is one,
	// failures are the tasks' own.
	witnesses []int32

	trouble *queue.Fault  // nil while all is well
	since   time.Duration // when the trouble began
	probeAt time.Duration // the time of the next probe
	probes  int           // that were made in vain
	until   time.Duration // a Retry-After forbids requests before that
	capped  bool          // the last Retry-After asked for more than it was given
}

// fail notes a failed request about a task.
func (s *health) fail(seq int32, cause causeKind, now time.Duration) {
	if s.failures == 0 || s.cause != cause {
		s.failures, s.first, s.cause, s.tasks = 0, now, cause, s.tasks[:0]
	}
	s.failures++
	s.dropWitness(seq)
	if len(s.tasks) < failedTasksKept && !slices.Contains(s.tasks, seq) {
		s.tasks = append(s.tasks, seq)
	}
}

// begin begins trouble, or renews its fault.
func (s *health) begin(fault *queue.Fault, now time.Duration) {
	if s.trouble == nil {
		s.since, s.probes = now, 0
	}
	s.trouble = fault
}

// backOff sets the time of the next probe.
func (s *health) backOff(random *rand.Rand, now time.Duration) {
	s.probeAt = max(now+backoff.Delay(random, probeFirst, s.probes, probeMost), s.until)
	s.probes++
}

// recover notes an answer. It ends any trouble, and reports whether there was one. A Retry-After
// stays in force.
func (s *health) recover() bool {
	was := s.trouble != nil
	*s = health{tasks: s.tasks[:0], witnesses: s.witnesses, until: s.until, capped: s.capped}
	return was
}

// noteAnswer notes that a task was answered.
func (s *health) noteAnswer(seq int32) {
	s.dropWitness(seq)
	s.witnesses = append(s.witnesses, seq)
	s.witnesses = slices.Delete(s.witnesses, 0, max(0, len(s.witnesses)-witnessesKept))
}

func (s *health) dropWitness(seq int32) {
	s.witnesses = slices.DeleteFunc(s.witnesses, func(w int32) bool { return w == seq })
}

// obey returns how long to obey a Retry-After: at most MaxFirstHold, unless the service repeats it
// to a request that was sent after the last pause.
func (s *health) obey(retryAfter, sent time.Duration) time.Duration {
	if retryAfter <= MaxFirstHold {
		s.capped = false
		return retryAfter
	}
	if s.capped && sent >= s.until {
		return retryAfter
	}
	s.capped = true
	return MaxFirstHold
}

// causeKind is the kind of failure that requests share, as far as it shows what is in trouble.
type causeKind uint8

const (
	// apiFails: the API itself answers, but not with a status.
	apiFails causeKind = iota
	// silent: nothing of the API answers.
	silent
	// unknown: the API itself answers that it does not know the task (404).
	unknown
	// keyRefused: the API refuses the key (401), or for this endpoint (403).
	keyRefused
)

// causeOf returns the cause of a fault.
func causeOf(fault *queue.Fault) causeKind {
	switch fault.Kind {
	case queue.Unreachable, queue.TimedOut:
		return silent
	case queue.Gateway:
		if fault.RetryAfter == 0 {
			return silent
		}
	case queue.Missing:
		return unknown
	case queue.Unauthorized:
		return keyRefused
	}
	return apiFails
}
