// Package faulty is the simulator with faults: every fault of a service and of the network before
// it, a rate limit, latency, slow files, and counts of what clients did. Only tests import it.
//
// A Server is a simulator.Server with these. The kinds of faults beyond those of the demo are
// variables of this package; they are set in a simulator.Fault.
package faulty
