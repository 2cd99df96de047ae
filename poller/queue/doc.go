// Package queue speaks the queue protocol of the services: what a request is and where it
// is asked for, what the answers mean, and which origin may see the user's key.
//
// A Client makes the requests of the poller: Status, Result, Cancel. It returns an answer,
// or a Fault that says why there is none. Decide reports what answers say about a request's
// outcome. A Base is a configured base URL, whose host speaks one of the services; each
// has a file for its paths, errors and rules (seacloud.go, fal.go, comfy.go).
// OutputTransport fetches outputs, whose addresses are not trusted.
//
// It retries nothing, keeps no state of requests and draws nothing. Of polltop it imports
// package guard alone.
package queue
