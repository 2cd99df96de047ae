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

// keysMost bounds a file of keys, in bytes: some ten thousand keys.
const keysMost = 4 << 20

// Access says whose keys are let in. The files are read anew for each connection, so that
// a key that is taken out lets nobody in any more.
type Access struct {
	// AuthorizedKeys is the file of those who are let in, Operators that of those among
	// them who are operators; "" for none. Both are as sshd reads authorized_keys.
	AuthorizedKeys, Operators string
}

// person is who has a key.
type person struct {
	name string // the comment beside the key, or else its fingerprint
	role role
}

// authorizedKey is a line of a file of keys.
type authorizedKey struct {
	gossh.PublicKey
	comment string
	line    int
}

// find returns whose a key is, and false if it lets nobody in.
func (a Access) find(key gossh.PublicKey) (person, bool) {
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

// Check returns how many keys are let in and how many of them are operators', and what of
// the files has no effect, a line each. Its error says why nobody could be let in.
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

// readKeys reads a file of keys. Lines that let nobody in are warned of, by their number.
func readKeys(path string) (keys []authorizedKey, warnings []string, err error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("can't read %s: %w: give a file of public keys, a line each", path, fileerr.Cause(err))
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s is a directory: give a file of public keys, a line each", path)
	case info.Size() > keysMost:
		return nil, nil, fmt.Errorf("%s has more than %d bytes: give a file of public keys, a line each", path, keysMost)
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
			continue // the first line of a key counts, as for sshd
		}
		keys = append(keys, key)
	}
	return keys, warnings, nil
}

// harmless are the options of a key that take nothing away here: what they allow or
// forbid is not to be had from polltop.
var harmless = []string{
	"agent-forwarding", "environment", "no-agent-forwarding", "no-port-forwarding", "no-touch-required", "no-user-rc", "no-x11-forwarding",
	"permitlisten", "permitopen", "port-forwarding", "pty", "tunnel", "user-rc", "x11-forwarding",
}

// parseKey reads a line of a file of keys. A key with an option that narrows what it is
// for, such as from or command, is refused: polltop does not check those, so the key
// would let in more than its line says.
func parseKey(line string) (authorizedKey, error) {
	key, comment, options, rest, err := gossh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(rest) > 0 {
		return authorizedKey{}, errors.New("it is no public key")
	}
	for _, option := range options {
		name, _, _ := strings.Cut(strings.ToLower(option), "=")
		if !slices.Contains(harmless, name) {
			return authorizedKey{}, fmt.Errorf("polltop does not check the option %s", name)
		}
	}
	if _, certificate := key.(*gossh.Certificate); certificate {
		return authorizedKey{}, errors.New("it is a certificate, which polltop does not check")
	}
	return authorizedKey{PublicKey: key, comment: comment}, nil
}

// role is what somebody may do.
type role string

const (
	viewer   role = "viewer"   // look, copy and export to the own screen
	operator role = "operator" // also what changes what is tracked and polled
)

// looking are the keys, as the help names them, that change nothing but the own screen. A
// key that is not among them is for operators.
var looking = map[string]bool{
	"↑/k": true, "↓/j": true, "pgup/^b": true, "pgdn/^f": true, "^u": true, "^d": true, "home/gg": true, "end/G": true,
	"/": true, "f": true, "n": true, "N": true, "1-7": true, "→/l": true, "←/h": true, "s": true, "S": true, "g": true, "t": true,
	"enter": true, "tab": true, "esc": true, "space": true, "V": true, "*": true,
	"y": true, "Y": true, "E": true, "w": true, "?": true, "q": true,
}

// refuse returns why a key does nothing for the role, "" where it does something. What
// would reach the server's own programs is refused to all.
func (r role) refuse(key, does string) string {
	switch {
	case key == "o":
		return "there is no browser here: Y copies an output's URL"
	case key == "^z":
		return "there is no shell here to go back to: enter ~ ^z suspends ssh itself"
	case r == operator || looking[key]:
		return ""
	}
	return key + " (" + does + ") is for operators: your key may look, copy and export"
}
