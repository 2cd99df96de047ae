package serve

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"

	gossh "golang.org/x/crypto/ssh"

	"polltop/poller/fileerr"
)

// maxKeyFile bounds a file of keys, in bytes. It has room for some ten thousand keys.
const maxKeyFile = 4 << 20

// Access names the files of the keys that may log in. They are read for each connection, so that a key
// that was deleted there is refused at once.
type Access struct {
	// AuthorizedKeys is the path of the file of all keys that may log in. Operators is the path of the
	// file of those among them that are operators' keys; "" for none. Both have the format of sshd's
	// authorized_keys.
	AuthorizedKeys, Operators string
}

// person is the owner of a key.
type person struct {
	name string // the comment of the key, or else its fingerprint
	role role
}

// authorizedKey is a key in a file of keys.
type authorizedKey struct {
	gossh.PublicKey
	comment string
	line    int // from 1
}

// identify returns the owner of a key, and whether the key may log in.
func (a Access) identify(key gossh.PublicKey) (person, bool) {
	if key == nil {
		return person{}, false
	}
	keys, _, err := readKeys(a.AuthorizedKeys)
	at := indexKey(keys, key)
	if err != nil || at < 0 {
		return person{}, false
	}
	p := person{strings.TrimSpace(keys[at].comment), viewer}
	if p.name == "" {
		p.name = gossh.FingerprintSHA256(key)
	}
	if a.Operators != "" {
		operators, _, err := readKeys(a.Operators)
		if err == nil && indexKey(operators, key) >= 0 {
			p.role = operator
		}
	}
	return p, true
}

func indexKey(keys []authorizedKey, key gossh.PublicKey) int {
	blob := key.Marshal()
	return slices.IndexFunc(keys, func(k authorizedKey) bool { return bytes.Equal(k.Marshal(), blob) })
}

// Check returns how many viewers' and operators' keys may log in, and warnings about lines of the files
// that have no effect. It returns an error if no key may log in.
func (a Access) Check() (viewers, operators int, warnings []string, err error) {
	keys, warnings, err := readKeys(a.AuthorizedKeys)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("--authorized-keys: %w", err)
	}
	if len(keys) == 0 {
		why := ""
		if len(warnings) > 0 {
			why = " (" + strings.Join(warnings, "; ") + ")"
		}
		return 0, 0, warnings, fmt.Errorf("--authorized-keys: %s has no key that lets anybody in: add the public keys of those who may look, such as ~/.ssh/id_ed25519.pub, a line each%s", a.AuthorizedKeys, why)
	}
	if a.Operators == "" {
		return len(keys), 0, warnings, nil
	}
	named, more, err := readKeys(a.Operators)
	if err != nil {
		return 0, 0, nil, fmt.Errorf("--operators: %w", err)
	}
	warnings = append(warnings, more...)
	for _, k := range named {
		if indexKey(keys, k) < 0 {
			warnings = append(warnings, fmt.Sprintf("%s, line %d: the key is not in %s too, so it lets nobody in", a.Operators, k.line, a.AuthorizedKeys))
			continue
		}
		operators++
	}
	return len(keys) - operators, operators, warnings, nil
}

// readKeys reads a file of keys. It returns a warning for each line without a usable key.
func readKeys(path string) (keys []authorizedKey, warnings []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("can't read %s: %w: give a file of public keys, a line each", path, fileerr.Cause(err))
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s is a directory: give a file of public keys, a line each", path)
	case info.Size() > maxKeyFile:
		return nil, nil, fmt.Errorf("%s has more than %d bytes: give a file of public keys, a line each", path, maxKeyFile)
	case info.Mode().Perm()&0o022 != 0 && info.Mode().IsRegular() && runtime.GOOS != "windows":
		return nil, nil, fmt.Errorf("others can write to %s (mode %04o), and so let themselves in: chmod go-w %s", path, info.Mode().Perm(), path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("can't read %s: %w", path, fileerr.Cause(err))
	}
	for i, line := range strings.Split(string(text), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		key, err := parseKey(line)
		if err != nil {
			warnings = append(warnings, fmt.Sprintf("%s, line %d: %v: this line lets nobody in", path, i+1, err))
			continue
		}
		key.line = i + 1
		if at := indexKey(keys, key); at >= 0 {
			continue // sshd uses the first line of a key too
		}
		keys = append(keys, key)
	}
	return keys, warnings, nil
}

// ignoredOptions are the options of a key that may be ignored, because they allow or forbid what polltop
// does not offer.
var ignoredOptions = []string{
	"agent-forwarding", "environment", "no-agent-forwarding", "no-port-forwarding", "no-touch-required", "no-user-rc", "no-x11-forwarding",
	"permitlisten", "permitopen", "port-forwarding", "pty", "tunnel", "user-rc", "x11-forwarding",
}

// parseKey parses a line of a file of keys. It returns an error for a key with an option that restricts
// its use, such as from or command, because polltop does not check these.
func parseKey(line string) (authorizedKey, error) {
	key, comment, options, rest, err := gossh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(rest) > 0 {
		return authorizedKey{}, errors.New("it is no public key")
	}
	for _, option := range options {
		name, _, _ := strings.Cut(strings.ToLower(option), "=")
		if !slices.Contains(ignoredOptions, name) {
			return authorizedKey{}, fmt.Errorf("polltop does not check the option %s", name)
		}
	}
	if _, certificate := key.(*gossh.Certificate); certificate {
		return authorizedKey{}, errors.New("it is a certificate, which polltop does not check")
	}
	return authorizedKey{PublicKey: key, comment: comment}, nil
}

// role determines what somebody may do.
type role string

const (
	viewer   role = "viewer"   // may look, copy and export
	operator role = "operator" // may also change what is tracked and polled
)

// viewerKeys are the keys, as the help names them, that change only the user's own screen. All others are
// for operators.
var viewerKeys = map[string]bool{
	"↑/k": true, "↓/j": true, "pgup/^b": true, "pgdn/^f": true, "^u": true, "^d": true, "home/gg": true, "end/G": true,
	"/": true, "f": true, "n": true, "N": true, "1-7": true, "→/l": true, "←/h": true, "s": true, "S": true, "g": true, "t": true,
	"enter": true, "tab": true, "esc": true, "space": true, "V": true, "*": true,
	"y": true, "Y": true, "E": true, "w": true, "?": true, "q": true,
}

// refuse returns why a key does nothing for the role; "" if it may be used. Keys that would start programs
// on the server are refused to all.
func (r role) refuse(key, does string) string {
	switch {
	case key == "o":
		return "there is no browser here: Y copies an output's URL"
	case key == "^z":
		return "there is no shell here to go back to: enter ~ ^z suspends ssh itself"
	case r == operator || viewerKeys[key]:
		return ""
	}
	return key + " (" + does + ") is for operators: your key may look, copy and export"
}
