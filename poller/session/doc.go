// Package session runs the polling of a session that is kept in a
// Store: in a file, or where other machines reach it too. Of the processes
// that share one, a single one polls: the one that holds the session's lock. The others
// view what it learns, and the first of them takes over when it ends.
//
// A Session has the methods of a poller.Poller, for package cli to hand to the dashboard
// or a script, which need not know whether this process polls. What a viewer asks for is
// left in the store as an order. It makes no request and draws nothing.
package session
