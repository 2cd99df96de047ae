package simulator

import (
	"fmt"
	"io"
	"strings"
)

// DemoKey is the API key of the demo. It is no secret.
const DemoKey = "demo"

// describedIDs bounds the request ids that Describe lists.
const describedIDs = 12

// description has what a service's users need in a shell.
type description struct {
	key    string // the environment variable of the key
	header string // what stands before the key in its header
	status string // the path of a status, with the endpoint and the id left open
	create string // the path to create a task, with the endpoint left open
}

var descriptions = map[Service]description{
	SeaCloud: {"API_KEY", "Authorization: Key ", "/v1/queue/%s/requests/%s/status", "/v1/queue/%s"},
	Fal:      {"FAL_KEY", "Authorization: Key ", "/%s/requests/%s/status", "/%s"},
	Comfy:    {"COMFY_API_KEY", "X-API-Key: ", "/v2/models/%s/requests/%s/status", "/v2/models/%s/requests"},
}

// Describe writes what a user needs to try the server from a shell: the variables and headers
// of the service's documentation, request ids, and commands. A shell can read it: all but the
// variables are comments. baseURL is what Start returned. It returns the writer's error.
func (s *Server) Describe(w io.Writer, baseURL string) error {
	s.mu.Lock()
	key, endpoint := s.config.Key, ""
	if key == "" {
		key = DemoKey
	}
	if len(s.order) > 0 {
		endpoint = s.order[0].queue.endpoint.Name
	} else if len(s.config.Endpoints) > 0 {
		endpoint = s.config.Endpoints[0].Name
	}
	var own []string       // ids of that endpoint
	var others [][2]string // endpoint and id of one task of each other endpoint
	seen := map[string]bool{endpoint: true}
	for _, t := range s.order {
		name := t.queue.endpoint.Name
		if name == endpoint && len(own) < describedIDs {
			own = append(own, t.id)
		}
		if !seen[name] {
			seen[name] = true
			others = append(others, [2]string{name, t.id})
		}
	}
	s.mu.Unlock()

	d := descriptions[s.service()]
	text := fmt.Sprintf("# A simulated queue service answers on %s\nexport BASE_URL=%s\nexport ENDPOINT=%s\nexport %s=%s\n",
		baseURL, baseURL, endpoint, d.key, key)
	if s.service() != SeaCloud {
		// polltop takes an unknown host for SeaCloud.
		text += fmt.Sprintf("export POLLTOP_SERVICE=%s\n", s.service())
	}
	text += fmt.Sprintf("COMMON_HEADERS=(-H \"%s${%s}\" -H \"Content-Type: application/json\")\n", d.header, d.key)
	if len(own) > 0 {
		text += fmt.Sprintf("export REQUEST_ID=%s\n\n# Requests of ${ENDPOINT} to watch:\n", own[0])
		for _, id := range own {
			text += "#   " + id + "\n"
		}
		if len(others) > 0 {
			text += "# and of other endpoints:\n"
		}
		for _, other := range others {
			text += fmt.Sprintf("#   %s"+d.status+"\n", baseURL, s.dialect.app(other[0]), other[1])
		}
		app := "${ENDPOINT}"
		if s.dialect.app(endpoint) != endpoint {
			app = s.dialect.app(endpoint)
		}
		text += "\n# Ask for one status:\n" +
			fmt.Sprintf(`#   curl -sS "${COMMON_HEADERS[@]}" "${BASE_URL}`+d.status+`"`+"\n", app, "${REQUEST_ID}")
	}
	text += "\n# Submit another task:\n" +
		fmt.Sprintf(`#   curl -sS -X POST "${COMMON_HEADERS[@]}" "${BASE_URL}`+d.create+`" -d '{"prompt": "a lighthouse in the fog"}'`+"\n", "${ENDPOINT}")
	text += fmt.Sprintf("# The body may say what becomes of it: \"simulate\": {\"queue\": 1, \"run\": 2, \"end\": END}, END being\n#   %s\n",
		strings.Join(ends(s.service()), ", "))
	_, err := io.WriteString(w, text)
	return err
}
