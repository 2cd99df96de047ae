// Package backoff computes how long to wait before a retry: exponential, bounded, with
// jitter. The poller and the downloads call it. It knows nothing of what is retried.
package backoff
