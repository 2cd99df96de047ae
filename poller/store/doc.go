// Package store keeps the tracked tasks of a session on disk, in a SQLite database of its
// own, so that nothing is lost when the terminal is closed.
//
// A Store is a poller.Store: it buffers snapshots, and Sync writes them. Each row has a
// checksum; damaged rows are set aside, never dropped. One process at a time holds the
// Lease of a session and polls it; others leave Orders and read Snapshots. Databases of
// all earlier formats are migrated.
//
// Package session calls it, and the commands that list and repair sessions. It never sees
// a key or a header, and makes no request.
package store
