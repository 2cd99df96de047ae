package settings

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"unicode"

	"polltop/poller/queue"
)

// keyFileMost bounds the size of a key file, in bytes.
const keyFileMost = 64 << 10

// shortestKey is how many characters a key has at least.
const shortestKey = 4

// credential is the user's key for a service. The zero value is none.
type credential struct {
	key    string
	header string // the whole Authorization header, where the user gave that
}

// keyFile is what a key file holds.
type keyFile struct {
	key     string
	warning string
	err     error
}

// resolveHeaders sets the headers for each base: the user's own and the
// credentials. With needKey, a base without any is an error.
func (r *reading) resolveHeaders(s *Settings, needKey bool) error {
	headers, warnings, err := r.userHeaders()
	if err != nil {
		return err
	}
	s.Warnings = append(s.Warnings, warnings...)
	authorization, err := r.authorization(headers)
	if err != nil {
		return err
	}
	s.headers, r.files = map[string]http.Header{}, map[string]*keyFile{}
	for _, base := range s.Bases {
		c, err := r.credentialFor(base, s.Bases[0], authorization)
		if err != nil {
			return err
		}
		own, _ := base.KeyHeader("")
		given := slices.ContainsFunc(headers, func(h header) bool { return h.name == own && h.value != "" })
		if c == (credential{}) && !given && needKey {
			return r.missingKey(base, s.Bases[0])
		}
		if err := s.addHeaders(base, c, headers); err != nil {
			return err
		}
	}
	s.KeyFromFile = len(r.files) > 0
	for _, path := range slices.Sorted(maps.Keys(r.files)) {
		if warning := r.files[path].warning; warning != "" {
			s.Warnings = append(s.Warnings, warning)
		}
	}
	s.Secrets = longestFirst(s.Secrets)
	return nil
}

// addHeaders sets the headers for a base, and notes which of them are secrets.
func (s *Settings) addHeaders(base *queue.Base, c credential, headers []header) error {
	for _, secret := range c.secrets() {
		// So short a text can't be redacted: it is in every answer.
		if len(secret) < shortestKey {
			return fmt.Errorf("the API key for %s is shorter than %d characters, which no key is: check what gives it (%s, --api-key-file or -H)", base.Host(), shortestKey, base.KeyEnv())
		}
	}
	s.headers[base.String()] = c.headers(base)
	s.Secrets = append(s.Secrets, c.secrets()...)
	for _, h := range headers {
		if h.name == "Authorization" || h.value == "" {
			continue
		}
		s.headers[base.String()].Add(h.name, h.value)
		if h.carriesSecret() {
			s.Secrets = append(s.Secrets, h.value)
		}
	}
	return nil
}

// authorization returns the value of the Authorization header among the user's,
// "" if there is none.
func (r *reading) authorization(headers []header) (string, error) {
	value := ""
	for _, h := range headers {
		if h.name != "Authorization" {
			continue
		}
		if value != "" && value != h.value {
			return "", errors.New("-H: two Authorization headers with different keys: leave one out")
		}
		value = h.value
	}
	if _, file := r.flags["api-key-file"]; file && value != "" {
		return "", errors.New("-H Authorization and --api-key-file both give the key: leave one out")
	}
	return value, nil
}

// headers returns the headers that carry the credential to a base.
func (c credential) headers(base *queue.Base) http.Header {
	headers := http.Header{}
	switch {
	case c.header != "":
		headers.Set("Authorization", c.header)
	case c.key != "":
		headers.Set(base.KeyHeader(c.key))
	}
	return headers
}

// secrets returns the texts of the credential to redact.
func (c credential) secrets() []string {
	if c.key != "" {
		return []string{c.key}
	}
	if c.header == "" {
		return nil
	}
	words := strings.Fields(c.header)
	return []string{c.header, words[len(words)-1]}
}

// credentialFor returns the credential for a base, from the first source that has one. Flags
// are about the first base: for another base its own key file, and the variable of its own
// service where that differs, go before them.
func (r *reading) credentialFor(base, first *queue.Base, authorization string) (credential, error) {
	own := base.KeyEnv()
	ownFile := func() (string, error) { return r.baseKey(base) }
	if base != first {
		if key, err := ownFile(); err != nil || key != "" {
			return credential{key: key}, err
		}
	}
	if own != first.KeyEnv() {
		if key, err := r.envKey(own); err != nil || key != "" {
			return credential{key: key}, err
		}
	}
	if authorization != "" {
		return credential{header: authorization}, nil
	}
	for _, place := range []func() (string, error){
		func() (string, error) { return r.fileKey(fromFlag) },
		ownFile,
		func() (string, error) { return r.fileKey(fromEnv) },
		func() (string, error) { return r.envKey(own) },
		func() (string, error) { return r.envKey("API_KEY") },
		func() (string, error) { return r.fileKey(fromConfig) },
	} {
		if key, err := place(); err != nil || key != "" {
			return credential{key: key}, err
		}
	}
	return credential{}, nil
}

// envKey returns the key in an environment variable, "" if it is not set.
func (r *reading) envKey(name string) (string, error) {
	key := r.env(name)
	if strings.ContainsFunc(key, notKey) {
		return "", fmt.Errorf("%s in the environment holds a space, a control character or one that is not ASCII: give the key alone, without Key or Bearer before it", name)
	}
	return key, nil
}

// notKey reports whether a character can't be part of a key: keys are one word
// of ASCII, and anything else was pasted along or is no key.
func notKey(r rune) bool { return r <= ' ' || r >= 0x7F }

// fileKey returns the key in the key file, if a source of the given rank names it, else "".
func (r *reading) fileKey(rank rank) (string, error) {
	g := r.find("api-key-file")
	if g.rank != rank {
		return "", nil
	}
	return r.keyIn(keyPlace{g.last(), g})
}

// baseKey returns the key in the key file of a base's own, "" if it has none.
func (r *reading) baseKey(base *queue.Base) (string, error) {
	place, ok := r.ownKeys[base]
	if !ok {
		return "", nil
	}
	return r.keyIn(place)
}

// keyIn returns the key in a key file. The config file's paths are relative to it. A file is
// read once, because a pipe can't be read again for the next base.
func (r *reading) keyIn(place keyPlace) (string, error) {
	path := Expand(place.path)
	if path == "" {
		return "", place.at.fail("the file name is empty: give the name of a file that holds the key")
	}
	if place.at.rank == fromConfig && !filepath.IsAbs(path) {
		path = filepath.Join(r.config.dir(), path)
	}
	file := r.files[path]
	if file == nil {
		read := readKeyFile(path)
		file = &read
		r.files[path] = file
	}
	if file.err != nil {
		return "", place.at.fail("%w", file.err)
	}
	return file.key, nil
}

// readKeyFile reads a key file.
func readKeyFile(path string) keyFile {
	text, info, err := readFile(path, keyFileMost)
	switch {
	case errors.Is(err, fs.ErrNotExist) && looksLikeKey(path):
		return keyFile{err: errors.New("there is no such file (its name is not shown, as it may be the key itself): give the name of a file that holds the key")}
	case errors.Is(err, errTooLong):
		return keyFile{err: fmt.Errorf("the key file %s is longer than 64 KiB: name a file that holds the key alone", shown(path))}
	case err != nil:
		return keyFile{err: fmt.Errorf("can't read the key file %s: %w", shown(path), err)}
	}
	key, err := parseKeyFile(string(text))
	if err != nil {
		return keyFile{err: fmt.Errorf("the key file %s %w", shown(path), err)}
	}
	file := keyFile{key: key}
	// Windows has other rights than these bits, and a pipe's are not the user's.
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		file.warning = fmt.Sprintf("the key file %s can be read by others: chmod 600 it", shown(path))
	}
	return file
}

// looksLikeKey reports whether a file name may be a key given in its place.
func looksLikeKey(name string) bool {
	return len(name) >= 20 && !strings.ContainsAny(name, `/\.`)
}

// parseKeyFile returns the key in a key file's text: its first line that is not
// empty. The errors do not show it.
func parseKeyFile(text string) (string, error) {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\ufeff"))
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSpace(line)
	switch {
	case line == "":
		return "", errors.New("is empty: write the key in its first line")
	case strings.ContainsFunc(line, unicode.IsControl):
		return "", errors.New("holds control characters: save it as plain text, with the key alone in its first line")
	case strings.ContainsFunc(line, notKey):
		return "", errors.New("holds a space or a character that is not ASCII: write the key alone in its first line, without Key or Bearer before it")
	}
	return line, nil
}

// missingKey says how to give the key for a base.
func (r *reading) missingKey(base, first *queue.Base) error {
	which, hint := "", ""
	if base != first || base.KeyEnv() != "API_KEY" {
		which = " for " + base.String()
	}
	for _, service := range queue.Services() {
		// A proxy may stand before a service whose key is there.
		other, err := queue.ParseBaseAs(base.String(), service)
		if err == nil && other.KeyEnv() != base.KeyEnv() && r.env(other.KeyEnv()) != "" {
			hint = fmt.Sprintf("; %s is set: if %s is behind this base URL, give --service %[2]s", other.KeyEnv(), service)
		}
	}
	name, value := base.KeyHeader("$" + base.KeyEnv())
	return fmt.Errorf(`no API key%s: export %s=... (or give --api-key-file FILE, or -H "%s: %s")%s; polltop demo needs none`,
		which, base.KeyEnv(), name, value, hint)
}
