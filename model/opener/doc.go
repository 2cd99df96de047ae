// Package opener opens URLs in the browser of the user's machine, or says why it can't. The
// dashboard calls it. It knows nothing of tasks.
package opener
