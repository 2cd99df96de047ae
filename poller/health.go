package poller

import (
	"math/rand/v2"
	"slices"
	"time"

	"polltop/poller/backoff"
	"polltop/poller/queue"
)

const (
	// hostTroubleFailures is the number of consecutive failures that put a host in trouble,
	// endpointTroubleFailures that of an endpoint. There they must be about as many different
	// tasks, or about both of two: retries of a few tasks tell nothing about the others.
	hostTroubleFailures     = 5
	endpointTroubleFailures = 3
	// firstProbeDelay and maxProbeDelay bound the waits between probes.
	firstProbeDelay = time.Second
	maxProbeDelay   = 10 * time.Second
	// confirmAfter is the wait before the only task is polled again after a refused key.
	confirmAfter = 2 * time.Second
	// MaxFirstHold bounds how long one Retry-After is obeyed, unless it is repeated.
	MaxFirstHold = 5 * time.Minute
	// maxFailedTasks and maxCanaries bound how many tasks are remembered.
	maxFailedTasks = 3
	maxCanaries    = 4
)

// health is the state of a host or an endpoint: its consecutive failures, the trouble that
// follows from them, and the hold: the time in which a Retry-After or a 429 forbids requests.
type health struct {
	failures     int           // consecutive requests without an answer
	firstFailure time.Duration // when the first of them failed
	cause        causeKind     // their common cause
	failedTasks  []int32       // the first maxFailedTasks different tasks among them

	// canaries are the last answered tasks that have not failed since. Before trouble begins
	// one of them is polled: if it is answered, the failures are those of single tasks.
	canaries []int32

	trouble      *queue.Fault  // the last failure; nil while there is no trouble
	troubleSince time.Duration // when the trouble began
	nextProbe    time.Duration
	failedProbes int
	holdUntil    time.Duration // the end of the hold; 0 before the first
	holdCapped   bool          // the hold ends before the Retry-After does
}

// fail counts a failed request about a task.
func (s *health) fail(seq int32, cause causeKind, now time.Duration) {
	if s.failures == 0 || s.cause != cause {
		s.failures, s.firstFailure, s.cause, s.failedTasks = 0, now, cause, s.failedTasks[:0]
	}
	s.failures++
	s.removeCanary(seq)
	if len(s.failedTasks) < maxFailedTasks && !slices.Contains(s.failedTasks, seq) {
		s.failedTasks = append(s.failedTasks, seq)
	}
}

// begin begins trouble, or replaces the fault of present trouble.
func (s *health) begin(fault *queue.Fault, now time.Duration) {
	if s.trouble == nil {
		s.troubleSince, s.failedProbes = now, 0
	}
	s.trouble = fault
}

// backOff sets the time of the next probe. It grows with the failed ones.
func (s *health) backOff(random *rand.Rand, now time.Duration) {
	s.nextProbe = max(now+backoff.Delay(random, firstProbeDelay, s.failedProbes, maxProbeDelay), s.holdUntil)
	s.failedProbes++
}

// recover ends the trouble and the consecutive failures, and reports whether there was trouble. A
// hold goes on.
func (s *health) recover() bool {
	was := s.trouble != nil
	*s = health{failedTasks: s.failedTasks[:0], canaries: s.canaries, holdUntil: s.holdUntil, holdCapped: s.holdCapped}
	return was
}

// addCanary adds a task that was answered to the canaries.
func (s *health) addCanary(seq int32) {
	s.removeCanary(seq)
	s.canaries = append(s.canaries, seq)
	s.canaries = slices.Delete(s.canaries, 0, max(0, len(s.canaries)-maxCanaries))
}

func (s *health) removeCanary(seq int32) {
	s.canaries = slices.DeleteFunc(s.canaries, func(c int32) bool { return c == seq })
}

// holdDelay returns how long to obey a Retry-After: at most MaxFirstHold, unless the service
// repeats it to a request that was sent after the hold.
func (s *health) holdDelay(retryAfter, sent time.Duration) time.Duration {
	if retryAfter <= MaxFirstHold {
		s.holdCapped = false
		return retryAfter
	}
	if s.holdCapped && sent >= s.holdUntil {
		return retryAfter
	}
	s.holdCapped = true
	return MaxFirstHold
}

// causeKind is what a failure tells about the health of the host.
type causeKind uint8

const (
	// apiFails: the API answers, but not with a status.
	apiFails causeKind = iota
	// noAnswer: the API does not answer.
	noAnswer
	// taskUnknown: the API answers that it does not know the task (404).
	taskUnknown
	// keyRefused: the API refuses the key (401), or for this endpoint (403).
	keyRefused
)

// causeOf returns the cause of a fault.
func causeOf(fault *queue.Fault) causeKind {
	switch fault.Kind {
	case queue.Unreachable, queue.TimedOut:
		return noAnswer
	case queue.Gateway:
		if fault.RetryAfter == 0 {
			return noAnswer
		}
	case queue.Missing:
		return taskUnknown
	case queue.Unauthorized:
		return keyRefused
	}
	return apiFails
}
