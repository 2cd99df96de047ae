// Package serve gives each ssh connection a dashboard of its own on the tasks of one poller.
//
// A hub receives the poller's updates, as the dashboard of a process does. It stores the latest snapshot
// of each task and the version in which that came, so that a member fetches what is newer than the version
// that it has. A client that does not read costs no memory and delays nobody: it is disconnected after a
// while.
//
// Clients log in with the keys of the authorized keys, as viewers, or as operators if their key is among
// the operators' keys too. What a viewer may not do is refused twice: by the dashboard, which tells the
// user, and by the member, which does nothing.
package serve
