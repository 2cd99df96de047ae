// Package poller tracks requests and polls each until its task has ended.
//
// A Poller owns the tasks. One goroutine, that of Run, changes them, asks the planner of
// each host which task is worth the next request, and starts a goroutine for each
// request. Callers get immutable snapshots of tasks: Next returns an Update with those that
// changed, at most 30 times a second. Track adds requests; a Store persists the tasks.
//
// pick.go chooses a request, request.go makes it, and apply.go applies its outcome. host.go,
// health.go and trouble.go decide whether a host or an endpoint may be polled, and pacer.go
// how often. operations.go has the queues of other requests than polls.
//
// A failed poll changes no state of a task: the last known one stays, with the failure beside
// it. Trouble is attributed to a task, an endpoint or a host, which then backs off alone.
//
// Package session calls it, and the dashboard and scripts through that. The protocols of the
// services are in package queue.
package poller
