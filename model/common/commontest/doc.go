// Package commontest gives the tests of the dashboard's components what a component sees
// of the rest: an environment without a poller and without a terminal.
package commontest
