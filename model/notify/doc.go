// Package notify decides when somebody who is not looking should be notified, and how a
// terminal is asked to do so. The dashboard passes it each update. It decides by what it
// is passed, and does nothing by itself.
package notify
