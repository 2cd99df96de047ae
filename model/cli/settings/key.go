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

// keyFileMost bounds the size of a key file, in bytes.
const keyFileMost = 64 << 10

// shortestKey is how many characters a key has at least.
const shortestKey = 4

// resolveHeaders sets the headers for each base: the user's own and the
// credentials. With needKey, a base without any is an error.
func (r *reading) resolveHeaders(s *Settings, needKey bool) {
	headers := r.userHeaders(s)
	authorization := r.authorization(headers)
	s.headers, r.files = map[string]http.Header{}, map[string]string{}
	for _, base := range s.Bases {
		key := r.keyFor(base, s.Bases[0], authorization != "")
		own, _ := base.KeyHeader("")
		given := slices.ContainsFunc(headers, func(h header) bool { return h.name == own && h.value != "" })
		if key == "" && authorization == "" && !given && needKey {
			r.note(r.missingKey(base, s.Bases[0]))
		}
		r.note(s.addHeaders(base, key, authorization, headers))
	}
	s.KeyFromFile = len(r.files) > 0
	s.Warnings = append(s.Warnings, slices.Sorted(slices.Values(r.open))...)
	s.Secrets = longestFirst(s.Secrets)
}

// addHeaders sets the headers for a base, and notes which of them are secrets. The key, if there
// is one, goes before the user's own Authorization header.
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
		// So short a text can't be redacted: it is in every answer.
		if len(secret) < shortestKey {
			return fmt.Errorf("the API key for %s is shorter than %d characters, which no key is: check what gives it (%s, --api-key-file or -H)", base.Host(), shortestKey, base.KeyEnv())
		}
	}
	for _, h := range headers {
		if h.name == "Authorization" || h.value == "" {
			continue
		}
		all.Add(h.name, h.value)
		isSecret := func(word string) bool { return strings.Contains(strings.ToLower(h.name), word) }
		if len(h.value) >= secretLeast && slices.ContainsFunc(secretWords, isSecret) {
			secrets = append(secrets, h.value)
		}
	}
	s.headers[base.String()], s.Secrets = all, append(s.Secrets, secrets...)
	return nil
}

// authorization returns the value of the Authorization header among the user's,
// "" if there is none.
func (r *reading) authorization(headers []header) string {
	value := ""
	for _, h := range headers {
		if h.name != "Authorization" {
			continue
		}
		if value != "" && value != h.value {
			r.note(errors.New("-H: two Authorization headers with different keys: leave one out"))
		}
		value = h.value
	}
	if _, file := r.flags["api-key-file"]; file && value != "" {
		r.note(errors.New("-H Authorization and --api-key-file both give the key: leave one out"))
	}
	return value
}

// keyFor returns the key for a base, from the first source that has one; "" for none, and where
// the user's own Authorization header goes before the others. Flags and that header are about the
// first base: for another base its own key file, and the variable of its own service where that
// differs, go before them.
func (r *reading) keyFor(base, first *queue.Base, authorized bool) string {
	named := r.find("api-key-file")
	env := func(name string) func() string { return func() string { return r.keyInEnv(name) } }
	file := func(named given, rank rank) func() string { return func() string { return r.keyInFile(named, rank) } }
	own := file(r.ownKeys[base], fromConfig)
	var places []func() string
	if base != first {
		places = append(places, own)
	}
	if base.KeyEnv() != first.KeyEnv() {
		places = append(places, env(base.KeyEnv()))
	}
	if !authorized {
		places = append(places, file(named, fromFlag), own, file(named, fromEnv), env(base.KeyEnv()), env("API_KEY"), file(named, fromConfig))
	}
	for _, keyAt := range places {
		if key := keyAt(); key != "" || r.err != nil {
			return key
		}
	}
	return ""
}

func (r *reading) keyInEnv(name string) string {
	key := r.env(name)
	if strings.ContainsFunc(key, notKey) {
		r.note(fmt.Errorf("%s in the environment holds a space, a control character or one that is not ASCII: give the key alone, without Key or Bearer before it", name))
	}
	return key
}

// keyInFile returns the key in a file that a source of a rank names, "" for none. A file is read
// once, because a pipe can't be read again for the next base.
func (r *reading) keyInFile(named given, rank rank) string {
	path := r.pathOf(named.last(), rank)
	key, read := r.files[path]
	switch {
	case named.rank != rank:
		return ""
	case read:
		return key
	case path == "":
		r.note(named.fail("the file name is empty: give the name of a file that holds the key"))
		return ""
	}
	key, err := r.readKeyFile(path)
	if err != nil {
		r.note(named.fail("%w", err))
	}
	r.files[path] = key
	return key
}

// notKey reports whether a character can't be part of a key: keys are one word
// of ASCII, and anything else was pasted along or is no key.
func notKey(r rune) bool { return r <= ' ' || r >= 0x7F }

// readKeyFile reads a key file, and notes whether others can read it.
func (r *reading) readKeyFile(path string) (string, error) {
	text, info, err := readFile(path, keyFileMost)
	switch {
	case errors.Is(err, fs.ErrNotExist) && len(path) >= 20 && !strings.ContainsAny(path, `/\.`):
		return "", errors.New("there is no such file (its name is not shown, as it may be the key itself): give the name of a file that holds the key")
	case errors.Is(err, errTooLong):
		return "", fmt.Errorf("the key file %s is longer than 64 KiB: name a file that holds the key alone", shown(path))
	case err != nil:
		return "", fmt.Errorf("can't read the key file %s: %w", shown(path), err)
	}
	key, err := parseKeyFile(string(text))
	if err != nil {
		return "", fmt.Errorf("the key file %s %w", shown(path), err)
	}
	// Windows has other rights than these bits, and a pipe's are not the user's.
	if runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		r.open = append(r.open, fmt.Sprintf("the key file %s can be read by others: chmod 600 it", shown(path)))
	}
	return key, nil
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
