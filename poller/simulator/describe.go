package simulator

import (
	"fmt"
	"io"
)

// DemoKey is the API key of the demo. It is no secret.
const DemoKey = "demo"

// describedIDs is how many request ids Describe lists.
const describedIDs = 12

// Describe writes what a user needs to try the server from a shell: the exports
// and the array of headers of the service's own documentation, request ids, and
// commands. All but the exports are comments, so that a shell can read it as it
// is. The base URL is the one that Start returned. It returns the writer's error.
func (s *Server) Describe(w io.Writer, baseURL string) error {
	s.mu.Lock()
	key, endpoint := s.config.Key, ""
	if key == "" {
		key = DemoKey
	}
	if len(s.order) > 0 {
		endpoint = s.order[0].line.endpoint.Name
	} else if len(s.config.Endpoints) > 0 {
		endpoint = s.config.Endpoints[0].Name
	}
	var own []string       // ids of that endpoint
	var others [][2]string // endpoint and id of one task of each other endpoint
	seen := map[string]bool{endpoint: true}
	for _, t := range s.order {
		name := t.line.endpoint.Name
		if name == endpoint && len(own) < describedIDs {
			own = append(own, t.id)
		}
		if !seen[name] {
			seen[name] = true
			others = append(others, [2]string{name, t.id})
		}
	}
	s.mu.Unlock()

	text := fmt.Sprintf("# A simulated queue service answers on %s\nexport BASE_URL=%s\nexport ENDPOINT=%s\nexport API_KEY=%s\n",
		baseURL, baseURL, endpoint, key)
	text += `COMMON_HEADERS=(-H "Authorization: Key ${API_KEY}" -H "Content-Type: application/json")` + "\n"
	if len(own) > 0 {
		text += fmt.Sprintf("export REQUEST_ID=%s\n\n# Requests of ${ENDPOINT} to watch:\n", own[0])
		for _, id := range own {
			text += "#   " + id + "\n"
		}
		if len(others) > 0 {
			text += "# and of other endpoints:\n"
		}
		for _, other := range others {
			text += fmt.Sprintf("#   %s/v1/queue/%s/requests/%s/status\n", baseURL, other[0], other[1])
		}
		text += "\n# Ask for one status:\n" +
			`#   curl -sS "${COMMON_HEADERS[@]}" "${BASE_URL}/v1/queue/${ENDPOINT}/requests/${REQUEST_ID}/status"` + "\n"
	}
	text += "\n# Submit another task:\n" +
		`#   curl -sS -X POST "${COMMON_HEADERS[@]}" "${BASE_URL}/v1/queue/${ENDPOINT}" -d '{"prompt": "a lighthouse in the fog"}'` + "\n"
	_, err := io.WriteString(w, text)
	return err
}
