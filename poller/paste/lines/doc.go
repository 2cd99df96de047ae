// Package lines cuts a text into lines and removes what terminals and tools add: byte-order marks,
// escape sequences, links, the names of processes, bullets, times, prompts. It joins lines that a
// terminal broke within an id or an address.
//
// It knows the forms of ids (package words) and nothing of records. Package paste calls it. The
// prefixes of further tools belong in prefixes, each with a case in the tests of package paste.
package lines
