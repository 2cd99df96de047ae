package queue

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// ErrorTable returns the error types that the services document, with the meaning
// and the next step of each, as a table in Markdown.
func ErrorTable() string {
	var b strings.Builder
	b.WriteString("| Service | Error type | Meaning | Next step |\n| --- | --- | --- | --- |\n")
	for _, s := range services {
		for _, name := range slices.Sorted(maps.Keys(s.errors)) {
			e := s.errors[name]
			fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", s.name, name, e.Meaning, e.Next)
		}
	}
	return b.String()
}
