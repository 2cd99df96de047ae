// Package notify decides when to notify a user who is not looking at the dashboard, and makes
// the terminal's sequences for that. The dashboard passes it each update. It does no I/O.
package notify
