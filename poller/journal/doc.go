// Package journal writes the log for bug reports: the requests with their outcomes and times, as
// lines of JSON in a file (--log).
//
// Open returns a Journal. Request logs a request, Observe the changes of hosts and the disk. A nil
// Journal logs nothing. Package cli calls it. The function passed to Open redacts the user's
// secrets.
package journal
