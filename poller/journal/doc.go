// Package journal writes the log for bug reports: what was asked, what was answered and
// when, as lines of JSON in a file (--log).
//
// Open returns a Journal; Request logs a request, Observe what updates say of hosts and the
// disk. A nil Journal logs nothing. Package cli calls it. No secret of the user's is in the
// log: Open is passed what redacts it.
package journal
