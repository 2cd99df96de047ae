package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"polltop/poller/queue"
)

// maxKeyFileSize bounds the size of a key file, in bytes.
const maxKeyFileSize = 64 << 10

// minKeyLength is the least length of a key, in bytes. A shorter text can't be redacted, because it
// would be part of every answer.
const minKeyLength = 4

// resolveHeaders sets the headers for each base: the user's own and the credentials. With needKey, a
// base without credentials is an error.
func (r *resolver) resolveHeaders(s *Settings, needKey bool) {
	headers := r.userHeaders(s)
	authorization := r.authorization(headers)
	s.headers, r.keysByPath = map[string]http.Header{}, map[string]string{}
	for _, base := range s.Bases {
		key := r.keyFor(base, s.Bases[0], authorization != "")
		own, _ := base.KeyHeader("")
		hasOwn := slices.ContainsFunc(headers, func(h header) bool { return h.name == own && h.value != "" })
		if key == "" && authorization == "" && !hasOwn && needKey {
			r.setErr(r.missingKey(base, s.Bases[0]))
		}
		r.setErr(s.addHeaders(base, key, authorization, headers))
	}
	s.KeyFromFile = len(r.keysByPath) > 0
	s.Warnings = append(s.Warnings, slices.Sorted(slices.Values(r.permissionWarnings))...)
	s.Secrets = longestFirst(s.Secrets)
}

// addHeaders sets the headers for a base, and adds their secrets to s.Secrets. The key, if not "",
// replaces the user's own Authorization header.
func (s *Settings) addHeaders(base *queue.Base, key, authorization string, headers []header) error {
	all := http.Header{}
	var secrets []string
	if key != "" {
		all.Set(base.KeyHeader(key))
		secrets = []string{key}
	} else if words := strings.Fields(authorization); len(words) > 0 {
		all.Set("Authorization", authorization)
		secrets = []string{authorization, words[len(words)-1]}
	}
	for _, secret := range secrets {
		if len(secret) < minKeyLength {
			return fmt.Errorf("the API key for %s is shorter than %d characters, which no key is: check what gives it (%s, --api-key-file or -H)", base.Host(), minKeyLength, base.KeyEnv())
		}
	}
	for _, h := range headers {
		if h.name == "Authorization" || h.value == "" {
			continue
		}
		all.Add(h.name, h.value)
		isSecret := func(word string) bool { return strings.Contains(strings.ToLower(h.name), word) }
		if len(h.value) >= minSecretLength && slices.ContainsFunc(secretWords, isSecret) {
			secrets = append(secrets, h.value)
		}
	}
	s.headers[base.String()], s.Secrets = all, append(s.Secrets, secrets...)
	return nil
}

// authorization returns the value of the user's Authorization header, "" if there is none.
func (r *resolver) authorization(headers []header) string {
	value := ""
	for _, h := range headers {
		if h.name != "Authorization" {
			continue
		}
		if value != "" && value != h.value {
			r.setErr(errors.New("-H: two Authorization headers with different keys: leave one out"))
		}
		value = h.value
	}
	if _, file := r.flags["api-key-file"]; file && value != "" {
		r.setErr(errors.New("-H Authorization and --api-key-file both give the key: leave one out"))
	}
	return value
}

// keyFor returns the key for a base, "" for none and where the user's Authorization header is used.
// Flags and that header are meant for the first base: another base uses them only if it has neither a
// key file of its own nor a key in the variable of its service, if that is another one.
func (r *resolver) keyFor(base, first *queue.Base, authorized bool) string {
	common := r.find("api-key-file")
	env := func(name string) func() string { return func() string { return r.keyInEnv(name) } }
	file := func(e entry, p precedence) func() string { return func() string { return r.keyInFile(e, p) } }
	own := file(r.keyFiles[base], fromConfig)
	var sources []func() string
	if base != first {
		sources = append(sources, own)
	}
	if base.KeyEnv() != first.KeyEnv() {
		sources = append(sources, env(base.KeyEnv()))
	}
	if !authorized {
		sources = append(sources, file(common, fromFlag), own, file(common, fromEnv), env(base.KeyEnv()), env("API_KEY"), file(common, fromConfig))
	}
	for _, read := range sources {
		if key := read(); key != "" || r.err != nil {
			return key
		}
	}
	return ""
}

func (r *resolver) keyInEnv(name string) string {
	key := r.env(name)
	if strings.ContainsFunc(key, isNotKeyChar) {
		r.setErr(fmt.Errorf("%s in the environment holds a space, a control character or one that is not ASCII: give the key alone, without Key or Bearer before it", name))
	}
	return key
}

// keyInFile returns the key in the file that e names, "" if e is not of precedence p. Each file is
// read once, because a pipe can't be read again for the next base.
func (r *resolver) keyInFile(e entry, p precedence) string {
	path := r.pathOf(e.last(), p)
	key, read := r.keysByPath[path]
	switch {
	case e.precedence != p:
		return ""
	case read:
		return key
	case path == "":
		r.setErr(e.errorf("the file name is empty: give the name of a file that holds the key"))
		return ""
	}
	key, err := r.readKeyFile(path)
	if err != nil {
		r.setErr(e.errorf("%w", err))
	}
	r.keysByPath[path] = key
	return key
}

// isNotKeyChar reports whether a character can't be part of a key. Keys are one word of ASCII.
func isNotKeyChar(r rune) bool { return r <= ' ' || r >= 0x7F }

// readKeyFile returns the key in a file. It adds a warning if other users can read the file.
func (r *resolver) readKeyFile(path string) (string, error) {
	text, info, err := readFile(path, maxKeyFileSize)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(path) >= 20 && !strings.ContainsAny(path, `/\.`):
		return "", errors.New("there is no such file (its name is not shown, as it may be the key itself): give the name of a file that holds the key")
	case errors.Is(err, errTooLong):
		return "", fmt.Errorf("the key file %s is longer than 64 KiB: name a file that holds the key alone", printable(path))
	case err != nil:
		return "", fmt.Errorf("can't read the key file %s: %w", printable(path), err)
	}
	key, err := parseKeyFile(string(text))
	if err != nil {
		return "", fmt.Errorf("the key file %s %w", printable(path), err)
	}
	// On Windows these bits are not the access rights, and those of a pipe are not the user's.
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		r.permissionWarnings = append(r.permissionWarnings, fmt.Sprintf("the key file %s can be read by others: chmod 600 it", printable(path)))
	}
	return key, nil
}

// parseKeyFile returns the first line of a key file that is not empty. Errors don't show it.
func parseKeyFile(text string) (string, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return "", errors.New("is empty: write the key in its first line")
	case strings.ContainsFunc(line, unicode.IsControl):
		return "", errors.New("holds control characters: save it as plain text, with the key alone in its first line")
	case strings.ContainsFunc(line, isNotKeyChar):
		return "", errors.New("holds a space or a character that is not ASCII: write the key alone in its first line, without Key or Bearer before it")
	}
	return line, nil
}

func (r *resolver) missingKey(base, first *queue.Base) error {
	which, hint := "", ""
	if base != first || base.KeyEnv() != "API_KEY" {
		which = " for " + base.String()
	}
	for _, service := range queue.Services() {
		// The base URL may be a proxy of a service whose key is set.
		other, err := queue.ParseBaseAs(base.String(), service)
		if err == nil && other.KeyEnv() != base.KeyEnv() && r.env(other.KeyEnv()) != "" {
			hint = fmt.Sprintf("; %s is set: if %s is behind this base URL, give --service %[2]s", other.KeyEnv(), service)
		}
	}
	name, value := base.KeyHeader("$" + base.KeyEnv())
	return fmt.Errorf(`no API key%s: export %s=... (or give --api-key-file FILE, or -H "%s: %s")%s; polltop demo needs none`,
		which, base.KeyEnv(), name, value, hint)
}
