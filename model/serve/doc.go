// Package serve gives each ssh connection a dashboard of its own on the tasks of one
// poller.
//
// A hub takes the poller's updates, as the dashboard of a process does, and keeps for each
// member what it has not fetched yet: of each task the latest snapshot. So a client that
// does not read costs no more memory than its tasks, and delays nobody. A client that
// takes nothing for a while is disconnected.
//
// A key of the authorized keys lets in, as a viewer, or as an operator where it is among
// the operators' keys too. What a viewer may not do is refused twice: by its dashboard,
// which says so, and by its member, which does nothing.
package serve
