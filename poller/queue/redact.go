package queue

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// AddSecrets adds texts that must never show, as after a change of the key. One
// shorter than four bytes would redact half of every answer, and is no secret.
func (c *Client) AddSecrets(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := slices.Clone(*c.secrets.Load())
	for _, secret := range secrets {
		if len(secret) >= 4 {
			all = append(all, formsOf(secret)...)
		}
	}
	// The longest first: one may be part of another.
	slices.SortFunc(all, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	all = slices.Compact(all)
	c.secrets.Store(&all)
}

// formsOf returns a secret as it may stand in an answer: as it is, escaped in
// JSON in the ways that services do, and escaped in a URL.
func formsOf(secret string) []string {
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret)}
	if quoted, err := json.Marshal(secret); err == nil {
		escaped := string(quoted[1 : len(quoted)-1])
		forms = append(forms, escaped, strings.ReplaceAll(escaped, "/", `\/`))
	}
	return append(forms, strings.ReplaceAll(secret, "/", `\/`))
}

// redacted stands where a secret was.
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
