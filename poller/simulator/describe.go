package simulator

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// DemoKey is the API key of the demo. It is no secret.
const DemoKey = "demo"

// describedIDs bounds the request ids that Describe lists.
const describedIDs = 12

// Describe writes what a user needs to try the server from a shell: the variables and headers
// of the service's documentation, request ids, and commands. A shell can read it: all but the
// variables are comments. baseURL is what Start returned. It returns the writer's error.
func (s *Server) Describe(w io.Writer, baseURL string) error {
	s.mu.Lock()
	key, endpoint := cmp.Or(s.config.Key, DemoKey), ""
	if len(s.order) > 0 {
		endpoint = s.order[0].queue.endpoint.Name
	} else if len(s.config.Endpoints) > 0 {
		endpoint = s.config.Endpoints[0].Name
	}
	var own []string // ids of that endpoint
	for _, t := range s.order {
		if t.queue.endpoint.Name == endpoint && len(own) < describedIDs {
			own = append(own, t.id)
		}
	}
	s.mu.Unlock()

	d, header := s.dialect, "Authorization: Key "
	if d.keyHeader != "" {
		header = d.keyHeader + ": "
	}
	path := strings.TrimPrefix(d.prefix, d.basePath)
	text := fmt.Sprintf("# A simulated queue service answers on %s\nexport BASE_URL=%s\nexport ENDPOINT=%s\nexport %s=%s\n",
		baseURL, baseURL, endpoint, d.keyEnv, key)
	if s.service() != SeaCloud {
		// polltop takes an unknown host for SeaCloud.
		text += fmt.Sprintf("export POLLTOP_SERVICE=%s\n", s.service())
	}
	text += fmt.Sprintf("COMMON_HEADERS=(-H \"%s${%s}\" -H \"Content-Type: application/json\")\n", header, d.keyEnv)
	if len(own) > 0 {
		text += fmt.Sprintf("export REQUEST_ID=%s\n\n# Requests of ${ENDPOINT} to watch:\n", own[0])
		for _, id := range own {
			text += "#   " + id + "\n"
		}
		app := "${ENDPOINT}"
		if d.app(endpoint) != endpoint {
			app = d.app(endpoint)
		}
		text += "\n# Ask for one status:\n" +
			fmt.Sprintf(`#   curl -sS "${COMMON_HEADERS[@]}" "${BASE_URL}%s%s/requests/${REQUEST_ID}/status"`+"\n", path, app)
	}
	text += "\n# Submit another task:\n" +
		fmt.Sprintf(`#   curl -sS -X POST "${COMMON_HEADERS[@]}" "${BASE_URL}%s${ENDPOINT}%s" -d '{"prompt": "a lighthouse in the fog"}'`+"\n", path, d.createPath)
	text += fmt.Sprintf("# The body may say what becomes of it: \"simulate\": {\"queue\": 1, \"run\": 2, \"end\": END}, END being\n#   %s\n",
		strings.Join(ends(s.service()), ", "))
	if s.service() == Fal {
		text += fmt.Sprintf("\n# List the recent requests:\n#   polltop recent --base-url \"${BASE_URL}%s\" --service fal\n", strings.TrimSuffix(modelsList, listPath))
	}
	_, err := io.WriteString(w, text)
	return err
}
