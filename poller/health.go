package poller

import (
	"math/rand/v2"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// hostTroubleAfter is how many requests in a row must fail before the host is taken
	// to be in trouble, and troubleAfter before an endpoint is. For that troubleTasks
	// different tasks must be among them.
	hostTroubleAfter = 5
	troubleAfter     = 3
	troubleTasks     = 2
	// probeFirst and probeMost bound the waits between the requests that look whether
	// trouble is over.
	probeFirst = time.Second
	probeMost  = 10 * time.Second
	// confirmAfter is how long after a refusal of the key a task is asked again where
	// there is no other to ask.
	confirmAfter = 2 * time.Second
	// MaxFirstHold bounds what one Retry-After asks for, unless it is repeated.
	MaxFirstHold = 5 * time.Minute
	// failedTasksKept bounds how many different tasks are noted among the failures, and
	// witnessesKept how many among those that were answered last.
	failedTasksKept = 3
	witnessesKept   = 4
)

// health is how a host or an endpoint of it fares: which requests in a row failed,
// and the trouble that it is taken to be in because of them.
type health struct {
	failures int           // requests in a row without an answer
	first    time.Duration // when the first of them failed
	cause    causeKind     // of all of them
	tasks    []int32       // the first few different tasks among them

	// witnesses are the tasks that were answered last and have not failed since. While
	// there is one, failures are the tasks' own.
	witnesses []witness

	trouble *queue.Fault  // nil while all is well
	since   time.Duration // when the trouble began
	probeAt time.Duration // when it is next looked whether it is over
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
	s.witnesses = slices.DeleteFunc(s.witnesses, func(w witness) bool { return w.seq == seq })
	if len(s.tasks) < failedTasksKept && !slices.Contains(s.tasks, seq) {
		s.tasks = append(s.tasks, seq)
	}
}

// begin notes that it is in trouble.
func (s *health) begin(fault *queue.Fault, now time.Duration) {
	if s.trouble == nil {
		s.since, s.probes = now, 0
	}
	s.trouble = fault
}

// backOff sets when it is next looked whether the trouble is over.
func (s *health) backOff(random *rand.Rand, now time.Duration) {
	s.probeAt = max(now+backoff.Delay(random, probeFirst, s.probes, probeMost), s.until)
	s.probes++
}

// recover notes an answer, which ends any trouble, and reports whether there was one.
// What a Retry-After forbids stays forbidden.
func (s *health) recover() bool {
	was := s.trouble != nil
	*s = health{tasks: s.tasks[:0], witnesses: s.witnesses, until: s.until, capped: s.capped}
	return was
}

// witness is a task that was answered.
type witness struct {
	seq int32
	at  time.Duration // when it was
}

// noteAnswer notes that a task was answered.
func (s *health) noteAnswer(seq int32, now time.Duration) {
	s.witnesses = slices.DeleteFunc(s.witnesses, func(w witness) bool { return w.seq == seq })
	if len(s.witnesses) == witnessesKept {
		s.witnesses = slices.Delete(s.witnesses, 0, 1)
	}
	s.witnesses = append(s.witnesses, witness{seq, now})
}

// obey returns how long a Retry-After is obeyed: MaxFirstHold at most, unless the
// service repeats it to a request that was sent after the last one was over.
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

// causeKind is what failed requests have in common, as far as it says what is in
// trouble.
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
