package queue

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// AddSecrets adds texts to redact, such as a new key. It ignores texts shorter than four bytes, which
// would redact large parts of every answer.
func (c *Client) AddSecrets(secrets ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, secret := range secrets {
		if len(secret) >= 4 {
			c.secrets = append(c.secrets, secret)
		}
	}
	// The longest first, because one may be part of another.
	slices.SortFunc(c.secrets, func(a, b string) int { return len(b) - len(a) })
	patterns := make([]*regexp.Regexp, len(c.secrets))
	for i, secret := range c.secrets {
		patterns[i] = secretPattern(secret)
	}
	c.patterns.Store(&patterns)
}

// secretPattern matches a secret in an answer. Any of its characters but letters and digits may be
// escaped, in JSON or in a URL.
func secretPattern(secret string) *regexp.Regexp {
	var pattern strings.Builder
	for _, r := range secret {
		literal := regexp.QuoteMeta(string(r))
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			pattern.WriteString(literal)
			continue
		}
		if r == ' ' {
			literal = "[ +]" // a query has + for a space
		}
		percent := strings.ReplaceAll(fmt.Sprintf("% x", string(r)), " ", "%")
		// JSON in a string of JSON has several backslashes.
		fmt.Fprintf(&pattern, `(?i:\\*%s|\\+u%04x|%%%s)`, literal, r, percent)
	}
	return regexp.MustCompile(pattern.String())
}

// redacted replaces a secret.
const redacted = "[redacted]"

// Redact returns a text without the user's secrets.
func (c *Client) Redact(s string) string {
	for _, pattern := range *c.patterns.Load() {
		s = pattern.ReplaceAllLiteralString(s, redacted)
	}
	return s
}

// redactBytes returns a body without the user's secrets.
func (c *Client) redactBytes(body []byte) []byte {
	for _, pattern := range *c.patterns.Load() {
		if pattern.Match(body) {
			body = pattern.ReplaceAllLiteral(body, []byte(redacted))
		}
	}
	return body
}
