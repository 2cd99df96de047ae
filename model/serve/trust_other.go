//go:build !unix

package serve

import "io/fs"

// checkTrust returns nil: who can write to a file is not seen in its mode here.
func checkTrust(string, fs.FileInfo) error { return nil }
