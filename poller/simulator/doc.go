// Package simulator is an HTTP server that speaks the queue protocol of the SeaCloud
// multimodal Model API, of fal or of Comfy Router.
//
// A Server has tasks that wait, run and end by a Plan. Demo and Batch make the scenario of polltop
// demo and polltop simulate: tasks that fail in every documented way, a gateway that fails and a
// rate limit. Each service has a file with its dialect: its paths, words, errors and results
// (seacloud.go, fal.go, comfy.go). Package faulty below adds all other kinds of trouble, for tests.
//
// Nothing runs in the background: when a task starts and ends is computed when it is
// submitted, and the answers follow from that and from the time of asking. So a test
// can let it run under a fake clock. It knows nothing of the client in poller/queue.
package simulator
