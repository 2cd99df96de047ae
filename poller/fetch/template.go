package fetch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// DefaultTemplate names files by the endpoint, in a folder each, and the
// request and the output's number.
const DefaultTemplate = "{endpoint}/{request_id}-{n}.{ext}"

const (
	maxTemplate      = 255 // bytes
	maxFolders       = 8   // that a template names
	endpointSegments = 6   // folders that an endpoint may become
)

// placeholders are what a template may hold in braces.
var placeholders = []string{"{endpoint}", "{request_id}", "{n}", "{ext}", "{name}"}

// template makes the name of an output's file.
type template struct {
	segments []string // of the path; without the ".{ext}" at the end if dotExt
	dotExt   bool
}

// parseTemplate reads a name template: a relative path with slashes, whose
// placeholders are {endpoint}, {request_id}, {n}, {ext}, and {name} for the name
// that the service suggests. The error says which part is wrong, and why.
func parseTemplate(text string) (*template, error) {
	wrong := func(format string, args ...any) (*template, error) {
		return nil, fmt.Errorf("the name template %q %s; the usual one is %s", clip(text, maxTemplate), fmt.Sprintf(format, args...), DefaultTemplate)
	}
	t := &template{segments: strings.Split(text, "/")}
	last := len(t.segments) - 1
	switch {
	case len(text) > maxTemplate:
		return wrong("is longer than %d bytes", maxTemplate)
	case strings.HasPrefix(text, "/"):
		return wrong("starts with a slash: it is relative to the output directory")
	case last > maxFolders:
		return wrong("has more than %d folders", maxFolders)
	case !strings.Contains(text, "{request_id}"):
		return wrong("lacks {request_id}, so all files would have the same name")
	case strings.Contains(strings.Join(t.segments[:last], "/"), "{ext}"):
		return wrong("has {ext} in a folder's name: it belongs in the file's")
	}
	t.segments[last], t.dotExt = strings.CutSuffix(t.segments[last], ".{ext}")
	for _, segment := range t.segments {
		sample := segment
		for _, placeholder := range placeholders {
			sample = strings.ReplaceAll(sample, placeholder, "x")
		}
		if at := strings.IndexAny(sample, "{}"); at >= 0 {
			return wrong("has a brace in %q that makes no placeholder: there are %s", segment, strings.Join(placeholders, ", "))
		}
		switch safe := safeSegment(sample, maxSegment); {
		case sample == "" || sample == "." || sample == "..":
			return wrong("has %q between two slashes, which is no name", segment)
		case safe != sample:
			return wrong("has %q in it, which is not a name on every system", segment)
		}
	}
	return t, nil
}

// name returns the name of the job's file with the given extension: a path
// under the output directory, with slashes, that is safe on every system.
func (t *template) name(j *Job, extension string) string {
	replace := strings.NewReplacer(
		"{endpoint}", or(j.Request.Endpoint, "unknown"),
		"{request_id}", or(j.Request.ID, "unknown"),
		"{n}", strconv.Itoa(j.N),
		"{ext}", extension,
		"{name}", or(stem(j.FileName), "output"),
	)
	last := len(t.segments) - 1
	var segments []string
	for _, segment := range t.segments[:last] {
		if segment == "{endpoint}" {
			// An endpoint of several segments is a folder within a folder.
			segments = append(segments, endpointFolders(j.Request.Endpoint)...)
			continue
		}
		segments = append(segments, safeSegment(replace.Replace(segment), maxSegment))
	}
	file, ending := replace.Replace(t.segments[last]), ""
	if t.dotExt {
		ending = "." + extension
	}
	segments = append(segments, safeSegment(file, maxSegment-len(ending))+ending)
	return strings.Join(segments, "/")
}

// endpointFolders returns the folders for an endpoint, at least one.
func endpointFolders(endpoint string) []string {
	parts := slices.DeleteFunc(strings.Split(clip(endpoint, 4*maxSegment), "/"), func(part string) bool { return part == "" })
	if len(parts) == 0 {
		return []string{"unknown"}
	}
	if len(parts) > endpointSegments {
		parts = append(parts[:endpointSegments-1], strings.Join(parts[endpointSegments-1:], "_"))
	}
	for i, part := range parts {
		parts[i] = safeSegment(part, maxSegment)
	}
	return parts
}

// or returns the text, or the other where it is empty.
func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
