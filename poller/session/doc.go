// Package session runs the polling of a session that is stored in a Store: in a file, or in NATS, which
// other machines reach too. Of the processes that share a session a single one polls: the one that holds
// its lease. The others view what that one stores, and the first of them takes over when it ends.
//
// A Session has the methods of a poller.Poller, so that dashboards and scripts need not know whether this
// process polls. A viewer leaves the user's commands in the store as orders. Package session itself makes
// no request and draws nothing.
package session
