// Package statusbar is the bars above and below the table: the state of the polling, the
// progress, the tabs, the notices, the downloads and the keys. It also makes the terminal's
// title, taskbar progress and notifications.
package statusbar
