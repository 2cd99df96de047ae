package journal

import "runtime"

// Start logs a start with its attributes, which must not have a value that may be a secret:
// of flags the names only.
func (j *Journal) Start(attrs ...any) {
	if j == nil {
		return
	}
	j.log.Info("start", append(attrs, "os", runtime.GOOS, "arch", runtime.GOARCH, "go", runtime.Version())...)
}
