// Package queue is the client of the queue services: it builds the addresses of requests, makes
// HTTP calls, interprets the answers, and sends the user's key only to its origin.
//
// A Client makes the calls of the poller: Status, Result, Cancel, Create, List. Each returns an
// answer, or a Fault that describes why there is none. Decide returns the outcome that answers
// mean. A Base is a configured base URL with its service. Each service has a file with its paths,
// errors and rules (seacloud.go, fal.go, comfy.go). OutputTransport downloads outputs, whose
// addresses are not trusted.
//
// The package does not retry and stores no state of requests.
package queue
