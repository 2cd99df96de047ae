// Package opener opens URLs in the browser or viewer of the machine that the user sits
// at, and says why where it can't. The dashboard calls it. It looks at the environment
// alone, and knows nothing of tasks.
package opener
