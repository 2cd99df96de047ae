package common

import "time"

// Shared is what a dashboard has to do with others on the same poller.
type Shared struct {
	// Refuse returns why a key does nothing here, "" where it does something. The key, and
	// what it does, are as the help tells of them, which then leaves the key out.
	Refuse func(key, does string) string
	// Peers returns who is connected, the first to come first.
	Peers func() []Peer
}

// Peer is somebody who has a dashboard on the same poller.
type Peer struct {
	Name, Role, From string
	Since            time.Time
	// Self says that the dashboard is the peer's own.
	Self bool
}

// May reports whether a key, as the help names it, does something here.
func (e *Env) May(key string) bool { return e.Shared == nil || e.Shared.Refuse(key, "") == "" }
