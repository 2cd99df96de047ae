// Package simulator is an HTTP server that speaks the queue protocol of the SeaCloud
// multimodal Model API, of fal or of Comfy Router.
//
// A Server has tasks that wait, run and end as their Plan says. Demo and Batch make the scenario of
// polltop demo and polltop simulate: tasks that fail in every documented way, a gateway that fails
// and a rate limit. Each service has a file with its dialect: its paths, words, errors and results
// (seacloud.go, fal.go, comfy.go). Package faulty adds all other kinds of faults, for tests.
//
// No task runs in the background: its start and end are computed when it is submitted, and an
// answer depends on them and on the time of the request. So tests can use a fake clock. The package
// does not use the client in poller/queue.
package simulator
