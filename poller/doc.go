// Package poller tracks requests and asks for their status until each has ended.
//
// A Poller owns the tasks: one goroutine, that of Run, changes them, asks the planner of
// each host which task is worth the next request, and starts a goroutine for each
// request. Callers get immutable snapshots, Task, in Updates: Next returns what has
// changed, at most 30 times a second. Track adds requests; Store is where tasks are kept.
//
// The way of a request: pick.go chooses it, request.go makes it, apply.go applies what came
// of it. host.go, health.go and trouble.go say when a host or an endpoint may be asked,
// pacer.go how often, operations.go holds what waits besides polls.
//
// A poll that fails changes no status: the last known one stays, with the failure beside
// it. Trouble is attributed to a task, an endpoint or a host, and backs off alone.
//
// It is called by package session, and by the dashboard and scripts through that. It
// draws nothing, and knows no protocol: queue does.
package poller
