package signal

import "testing"

func TestChangesAreToldOnce(t *testing.T) {
	s := New()
	if s.Clear() {
		t.Error("a new signal is set")
	}
	s.Set()
	s.Set()
	<-s
	if s.Clear() {
		t.Error("two changes are told twice")
	}
	s.Set()
	if !s.Clear() || len(s) > 0 {
		t.Error("a change is not told, or not cleared")
	}
}
