package lines

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"polltop/poller/queue"
)

const (
	maxExcerpt  = 100 // bounds the text that Excerpt returns before it is escaped, in bytes
	maxRedacted = 200 // bounds the text that Redact returns, in bytes
	minSecret   = 8   // the length from which a secret is redacted, in bytes: a shorter one is part of too much else
)

// secretForm matches API keys as users paste them: API_KEY=..., -H "Authorization: Key ...".
var secretForm = regexp.MustCompile(`(?i)((?:key|token|secret|password|authorization)["']?\s*[:=]\s*["']?(?:(?:key|bearer)\s+)?)[^\s"']+`)

// Redact returns the start of a line without the secrets and what looks like an API key.
func Redact(line string, secrets []string) string {
	line = strings.TrimSpace(line)
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			line = strings.ReplaceAll(line, secret, "[redacted]")
		}
	}
	return strings.Clone(secretForm.ReplaceAllString(queue.Clip(line, maxRedacted), "$1[redacted]"))
}

// HoldsSecret reports whether a text contains one of the secrets.
func HoldsSecret(text string, secrets []string) bool {
	return slices.ContainsFunc(secrets, func(secret string) bool { return len(secret) >= minSecret && strings.Contains(text, secret) })
}

// Excerpt returns the start of outside text for a message to the user, escaped.
func Excerpt(text string) string {
	quoted := strconv.Quote(queue.Clip(text, maxExcerpt))
	return quoted[1 : len(quoted)-1]
}
