// Package dialog is the boxes over the screen: questions and menus, the help, the lines
// that were refused, and those in which tasks are added or exported.
//
// A common.Ask opens a text with choices, and keys open the others; one can be open at a time.
package dialog
