// Package natsstore stores a session in NATS JetStream, so that any number of machines share it.
//
// A session NAME is a key-value bucket polltop_NAME and a work-queue stream
// polltop_NAME_inbox. The bucket has the key lease, which the process that polls renews before
// its time to live ends; the keys tasks.N, each with 64 tasks; payload.N and input.N with the payloads;
// and answer.N and result.N with the bodies. The stream has the orders of the other processes.
//
// Each write to the bucket names the sequence of the write before it, so that JetStream refuses
// it once another process has written or the lease has expired. A process stops polling by its
// own clock before its lease can expire at the server. A goroutine writes in the background, so
// that polls don't wait for it. Each process has a mirror of lease, tasks and payloads in memory.
//
// The API key is never stored. Parameters, answers and results are stored only with
// Options.SharePayloads.
package natsstore
