// Package download downloads the outputs of finished requests into a directory.
//
// A Downloader downloads a few Jobs at once, each to a locked part file. A later run resumes a part
// with Range and If-Range. A complete part is moved to its final name. Temporary errors are retried
// with a backoff. Snapshot returns the Progress of all files.
//
// Nothing is written outside the directory, and no file in it is ever replaced. Names, types, sizes
// and redirects from a server are not trusted. The user's headers are sent only to the origin of
// the request's base, and addresses inside the user's network are refused (see
// queue.OutputTransport).
package download
