package settings

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// Settings is the checked configuration. It must not be changed.
type Settings struct {
	// Bases are the configured base URLs, at least one; the first is the one
	// that bare request ids belong to.
	Bases []*queue.Base
	// Endpoint is the model id that bare request ids belong to; "" if none.
	Endpoint string
	// Rate is the most requests/s to one host.
	Rate float64
	// Concurrency is the most requests to one host at once.
	Concurrency int
	// Interval is the least time between two polls of one task; 0 for none.
	Interval time.Duration
	// RequestTimeout bounds one request.
	RequestTimeout time.Duration
	// Secrets are the texts that must never show, the longest first: keys, and
	// the values of headers that carry credentials.
	Secrets []string
	// Fallback are texts that name tasks where nothing else does: STATUS_URL, and
	// REQUEST_ID unless that is the id in the URL.
	Fallback []string
	// Warnings are lines for the user.
	Warnings []string
	// KeyFromFile is set where a key was read from a file, which can be read again.
	KeyFromFile bool
	// Results has the result of every task that succeeds fetched, NoResults none, even
	// where only the result shows whether a task succeeded.
	Results, NoResults bool
	// Log is the file to log to; "" for none.
	Log string
	// SessionSettings is where tasks come from and are kept.
	SessionSettings
	// DashboardSettings is what the dashboard does beside polling.
	DashboardSettings

	headers map[string]http.Header // by the base URL
}

// HeaderFor returns the headers for requests to a base: the credentials and the user's own.
// It is nil for a base on none of the configured origins, which is never asked. Callers
// share it and must not change it.
func (s *Settings) HeaderFor(b *queue.Base) http.Header {
	if header, ok := s.headers[b.String()]; ok {
		return header
	}
	// A session may have tasks of a base whose path has changed since: the key belongs to
	// the origin.
	for _, base := range s.Bases {
		if base.Origin() == b.Origin() {
			return s.headers[base.String()]
		}
	}
	return nil
}

// Source returns what package paste needs to know.
func (s *Settings) Source() paste.Source {
	return paste.Source{Bases: s.Bases, Endpoint: s.Endpoint, Secrets: s.Secrets, Label: s.Label}
}

// Demo returns the settings for a simulated queue at baseURL with the given key and rate:
// the defaults, without the user's environment and config file.
func Demo(baseURL, key string, rate float64) (*Settings, error) {
	r := reading{
		flags: map[string][]string{"base-url": {baseURL}},
		lookup: func(name string) (string, bool) {
			if name == "API_KEY" {
				return key, true
			}
			return "", false
		},
	}
	s, err := r.resolve(true)
	if err != nil {
		return nil, err
	}
	s.Rate = rate
	return s, nil
}

// Resolve returns the settings of the parsed flags, the environment and the config file.
// lookup reads an environment variable, as os.LookupEnv does. With needKey, each base must
// have a key. An error is one line that names the source of the value and the way out.
func (f *Flags) Resolve(lookup func(string) (string, bool), needKey bool) (*Settings, error) {
	r := reading{flags: f.given(), lookup: lookup}
	s, err := r.withConfig(needKey)
	if err != nil {
		return nil, r.scrub(err)
	}
	return s, nil
}

// withConfig reads the config file, if there is one, and resolves.
func (r *reading) withConfig(needKey bool) (*Settings, error) {
	path, err := r.configPath()
	if err != nil {
		return nil, err
	}
	if path != "" {
		if r.config, err = readConfig(path); err != nil {
			return nil, err
		}
	}
	return r.resolve(needKey)
}

// resolve checks every setting.
func (r *reading) resolve(needKey bool) (*Settings, error) {
	s := &Settings{Endpoint: strings.TrimSpace(r.find("endpoint").last()), Fallback: r.fallback()}
	if err := r.refuseFormer(); err != nil {
		return nil, err
	}
	var errs [9]error // the first one counts
	s.Rate, errs[0] = r.find("rate").number(rateLeast, rateMost)
	s.Concurrency, errs[1] = r.find("concurrency").whole(1, concurrencyMost)
	s.Interval, errs[2] = r.find("interval").duration(0)
	s.RequestTimeout, errs[3] = r.find("request-timeout").duration(1)
	s.Results, s.NoResults, errs[4] = r.resolveResults()
	s.Log, errs[5] = r.logPath()
	s.SessionSettings, errs[6] = r.resolveSession()
	s.DashboardSettings, errs[7] = r.resolveDashboard()
	errs[8] = r.resolveBases(s)
	if err := cmp.Or(errs[:]...); err != nil {
		return nil, err
	}
	if err := r.resolveHeaders(s, needKey); err != nil {
		return nil, err
	}
	return s, nil
}

// resolveResults returns whether all results are fetched, and whether none is. Of the
// two settings, the one from the stronger place counts.
func (r *reading) resolveResults() (all, none bool, err error) {
	with, without := r.find("results"), r.find("no-results")
	all, err = with.boolean()
	none, noneErr := without.boolean()
	if err = cmp.Or(err, noneErr); err != nil {
		return false, false, err
	}
	if all && none && with.rank == without.rank {
		return false, false, without.fail("it contradicts %s: give one of the two", with.from)
	}
	return all && (!none || with.rank > without.rank), none && (!all || without.rank > with.rank), nil
}

// logPath returns the file to log to, "" for none. One that the config file names
// lies beside it.
func (r *reading) logPath() (string, error) {
	g := r.find("log")
	if g.rank == fromFlag && strings.TrimSpace(g.last()) == "" {
		return "", g.fail("the file name is empty: name the file to log to, such as polltop.log")
	}
	path := Expand(strings.TrimSpace(g.last()))
	if path != "" && g.rank == fromConfig && !filepath.IsAbs(path) {
		path = filepath.Join(r.config.dir(), path)
	}
	return path, nil
}

// fallback returns the texts in the environment that name tasks, with the variables of the
// API documentation. REQUEST_ID is left out where STATUS_URL names the same request: alone
// it could lack an endpoint.
func (r *reading) fallback() []string {
	var texts []string
	statusURL, id := r.env("STATUS_URL"), r.env("REQUEST_ID")
	if statusURL != "" {
		texts = append(texts, statusURL)
	}
	if id != "" && !strings.Contains(statusURL+"/", "/requests/"+url.PathEscape(id)+"/") {
		texts = append(texts, id)
	}
	return texts
}

// scrub redacts keys and header values in an error: the user may have given one in the
// wrong place.
func (r *reading) scrub(err error) error {
	text := err.Error()
	for _, secret := range r.suspects() {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	if text != err.Error() {
		return errors.New(text)
	}
	return err
}
