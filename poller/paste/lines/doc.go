// Package lines reads a text that comes in pieces as lines, without what terminals and
// tools add to them: other encodings, escape sequences, links, prefixes, breaks within ids.
package lines
