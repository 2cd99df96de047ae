// Package faulty is the simulator with trouble: every kind of fault that a service
// and the network before it can make, a rate limit, late answers, slow files, and
// counts of what clients did. Only tests import it.
//
// A Server is a simulator.Server with these. The kinds of trouble that are not the
// demo's are variables of this package, for simulator.Fault.
package faulty
