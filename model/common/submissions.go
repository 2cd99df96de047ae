package common

import "polltop/poller"

// Submissions has the payloads of the session, by number, as the poller last told them.
type Submissions map[int64]*poller.Payload

// In returns the numbers of the payloads in a state.
func (s Submissions) In(state poller.PayloadState) (numbers []int64) {
	for number, p := range s {
		if p.State == state {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// Counts returns the number of payloads in each state.
func (s Submissions) Counts() (counts [poller.PayloadStateCount]int) {
	for _, p := range s {
		counts[p.State]++
	}
	return counts
}

// Pending returns how many payloads are yet to be submitted.
func (s Submissions) Pending() int {
	counts := s.Counts()
	return counts[poller.PayloadWaiting] + counts[poller.PayloadSending]
}
