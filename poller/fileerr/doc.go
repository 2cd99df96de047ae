// Package fileerr shortens the errors of package os for messages that name the file
// themselves.
package fileerr
