// Package dialog is the dialogs over the screen: questions, menus, the help, the refused lines,
// and those for adding, labeling and exporting tasks.
//
// A common.Ask opens a text with choices; keys open the others. One can be open at a time.
package dialog
