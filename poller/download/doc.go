// Package download downloads the outputs of finished requests into a directory.
//
// A Downloader is given Jobs and downloads a few at once. Each goes to a part file with
// a lock, which a later run resumes with Range and If-Range; a complete part is moved
// to its final name. Temporary errors are tried again with a backoff. Snapshot returns
// the Progress of all files; the dashboard draws it.
//
// Nothing is written outside the directory, and no file in it is ever replaced. Names,
// types, sizes and redirects from a server are treated as hostile. The user's headers
// go to the origin of the request's base alone, and addresses inside the user's network
// are refused (see queue.OutputTransport).
//
// The package knows neither tasks nor the screen.
package download
