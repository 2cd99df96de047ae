// Package theme has the styles of the dashboard by what a text means (a failed task, a heading, a
// key), for dark and light backgrounds and terminals with many, sixteen or no colors.
//
// A style is a complete escape sequence that resets the style before it, so that styles can be
// written in any order: a table row is put together from dozens of them in every frame.
package theme
