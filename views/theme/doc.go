// Package theme turns what a piece of text means on the dashboard (a failed
// task, a heading, a key) into how it looks, for dark and light backgrounds and
// for terminals with many, sixteen or no colors.
//
// Styles are kept as ready escape sequences, as a table row is put together
// from dozens of them in every frame. Each of them stands alone: it first
// resets what was set before it, so that they can be written in any order.
package theme
