// Package serve gives each ssh connection a dashboard of its own on the tasks of one poller.
//
// A hub takes the poller's updates, as the dashboard of a process does. It keeps of each task the
// latest snapshot and the number of its last change, so that a member fetches what came after
// the last change that it has seen. So a client that does not read costs no memory, and delays
// nobody. A client that takes nothing for a while is disconnected.
//
// A key of the authorized keys lets in, as a viewer, or as an operator where it is among
// the operators' keys too. What a viewer may not do is refused twice: by its dashboard,
// which says so, and by its member, which does nothing.
package serve
