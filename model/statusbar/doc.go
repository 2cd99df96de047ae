// Package statusbar is what stands above and below the table: the state of the polling, how
// far the tasks are, the tabs, the notices, the downloads and the keys. It shows the
// terminal's title, its taskbar and its notifications the same.
package statusbar
