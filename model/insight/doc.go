// Package insight reports what many tasks have in common: which failures are the same, how
// long the tasks of an endpoint take, and which task takes far longer than that.
//
// The dashboard passes it each changed task. It does no I/O, starts no goroutine and reads
// no clock. Its types are not safe for use by several goroutines.
package insight
