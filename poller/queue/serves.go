package queue

import "slices"

// Serves reports whether the base's host may speak the service with the given name:
// a host that is known speaks its own alone, any other may speak each, unless it was
// given another service than the first by name.
func (b *Base) Serves(name string) bool {
	known := slices.Contains(b.service.hosts, b.origin.Host)
	return b.service.name == name || !known && b.service == services[0]
}
