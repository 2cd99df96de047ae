package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// AddSecrets adds texts to redact, such as a new key. It ignores texts shorter than four bytes, which
// would redact large parts of every answer.
func (c *Client) AddSecrets(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(*c.secrets.Load())
	for _, secret := range secrets {
		if len(secret) >= 4 {
			all = append(all, encodingsOf(secret)...)
		}
	}
	// The longest first, because one may be part of another.
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	all = slices.Compact(all)
	c.secrets.Store(&all)
}

// encodingsOf returns the forms of a secret in answers: unchanged, escaped in JSON in the ways that
// services use, and escaped in a URL.
func encodingsOf(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		escaped := string(quoted[1 : len(quoted)-1])
		forms = append(forms, escaped, strings.ReplaceAll(escaped, "/", `\/`))
	}
	return append(forms, strings.ReplaceAll(secret, "/", `\/`))
}

// redacted replaces a secret.
const redacted = "[redacted]"

// Redact returns a text without the user's secrets.
func (c *Client) Redact(s string) string {
	for _, secret := range *c.secrets.Load() {
		s = strings.ReplaceAll(s, secret, redacted)
	}
	return s
}

// redactBytes returns a body without the user's secrets.
func (c *Client) redactBytes(body []byte) []byte {
	for _, secret := range *c.secrets.Load() {
		if bytes.Contains(body, []byte(secret)) {
			body = bytes.ReplaceAll(body, []byte(secret), []byte(redacted))
		}
	}
	return body
}
