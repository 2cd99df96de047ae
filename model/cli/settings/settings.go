package settings

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"polltop/poller/paste"
	"polltop/poller/queue"
)

// Settings is the checked configuration. It must not be changed.
type Settings struct {
	Bases          []*queue.Base // at least one; bare request ids belong to the first
	Endpoint       string        // the model id that bare request ids belong to; "" if none
	Rate           float64       // the most requests/s to one host
	Concurrency    int           // the most requests to one host at once
	Interval       time.Duration // the least time between two polls of one task; 0 for none
	RequestTimeout time.Duration // bounds one request
	Log            string        // the file to log to; "" for none
	KeyFromFile    bool          // a key was read from a file, which can be read again
	Warnings       []string      // lines for the user

	// Secrets are the texts that must never show, the longest first: keys, and
	// the values of headers that carry credentials.
	Secrets []string
	// EnvTasks are texts in the environment that name tasks, for when nothing else does: STATUS_URL,
	// and REQUEST_ID unless that is the id in the URL.
	EnvTasks []string
	// Results fetches the result of every task that succeeds. NoResults fetches none, even where only
	// the result shows whether a task succeeded.
	Results, NoResults bool

	Session       string   // the session on disk, or the address of one in NATS; "" where none was named
	SharePayloads bool     // store parameters, answers and results in a session in NATS
	NoStore       bool     // keep nothing on disk
	Follow        []string // files to read tasks from as they grow
	Label         string   // label of the tasks that the command adds; "" for none

	Download            bool   // download the outputs of every task that succeeds
	OutputDir           string // the directory for outputs
	MaxDownload         int64  // bounds the size of a downloaded output, in bytes
	AllowPrivateOutputs bool   // fetch outputs from every address

	Preview       bool          // show pictures
	Notify        string        // when a notification is due
	Exec          string        // the command to run for each task that ends; "" for none
	ExecPayload   bool          // give Exec the input of the task's payload too
	SlowAfter     time.Duration // the age at which a task is slow whose endpoint has too few finished ones; 0 for never
	ReducedMotion bool          // don't highlight what has just changed

	headers map[string]http.Header // by the base URL
}

// HeaderFor returns the headers for requests to a base: the credentials and the user's own. It is nil
// for a base on none of the configured origins, which is never polled. Callers must not change it.
func (s *Settings) HeaderFor(b *queue.Base) http.Header {
	if header, ok := s.headers[b.String()]; ok {
		return header
	}
	// A session may have tasks of a base whose path has changed since. The key belongs to the origin.
	for _, base := range s.Bases {
		if base.Origin() == b.Origin() {
			return s.headers[base.String()]
		}
	}
	return nil
}

// Source returns the settings of package paste.
func (s *Settings) Source() paste.Source {
	return paste.Source{Bases: s.Bases, Endpoint: s.Endpoint, Secrets: s.Secrets, Label: s.Label}
}

// Demo returns the settings for a simulated queue at baseURL with the given key and rate:
// the defaults, without the user's environment and config file.
func Demo(baseURL, key string, rate float64) (*Settings, error) {
	r := resolver{
		flags:     map[string][]string{"base-url": {baseURL}, "header": {"Authorization: Key " + key}, "rate": {fmt.Sprint(rate)}},
		lookupEnv: func(string) (string, bool) { return "", false }, config: &config{},
	}
	s := r.resolve(true)
	return s, r.err
}

// Resolve returns the settings of the parsed flags, the environment and the config file.
// lookup reads an environment variable, as os.LookupEnv does. With needKey, each base must have a key.
// An error is one line that names the source of the value and the way out.
func (f *Flags) Resolve(lookup func(string) (string, bool), needKey bool) (*Settings, error) {
	r := resolver{flags: f.values, lookupEnv: lookup, config: &config{}}
	if path := r.configPath(); path != "" {
		config, err := readConfig(path)
		r.setErr(err)
		r.config = cmp.Or(config, r.config)
	}
	s := r.resolve(needKey)
	if r.err != nil {
		return nil, r.redact(r.err)
	}
	return s, nil
}

// resolve returns the settings. It sets r.err if one of them is wrong.
func (r *resolver) resolve(needKey bool) *Settings {
	r.rejectOldTimeout()
	s := &Settings{
		Endpoint:       r.find("endpoint").text(),
		Rate:           r.find("rate").number(minRate, maxRate),
		Concurrency:    r.find("concurrency").whole(1, maxConcurrency),
		Interval:       r.find("interval").duration(0),
		RequestTimeout: r.find("request-timeout").duration(1),
		EnvTasks:       r.tasksFromEnv(),
		Log:            r.logPath(),

		Session:       r.find("session").text(),
		SharePayloads: r.find("share-payloads").boolean(),
		NoStore:       r.find("no-store").boolean(),
		Follow:        r.find("follow").values,
		Label:         r.find("label").text(),

		Download:            r.find("download").boolean(),
		OutputDir:           Expand(r.find("output-dir").text()),
		MaxDownload:         r.find("max-download").size(),
		AllowPrivateOutputs: r.find("allow-private-outputs").boolean(),

		Preview:       !r.find("no-preview").boolean(),
		Notify:        r.find("notify").text(),
		Exec:          r.find("exec").text(),
		ExecPayload:   r.find("exec-payload").boolean(),
		SlowAfter:     r.find("slow-after").duration(0),
		ReducedMotion: r.find("reduced-motion").boolean(),
	}
	s.Results, s.NoResults = r.results()
	r.checkTexts(s)
	insecure := r.find("insecure-http").boolean()
	if r.err == nil {
		r.resolveBases(s, insecure)
	}
	if r.err == nil {
		r.resolveHeaders(s, needKey)
	}
	return s
}

func (r *resolver) checkTexts(s *Settings) {
	for _, name := range []string{"session", "label"} {
		if e := r.find(name); e.precedence == fromFlag && e.text() == "" {
			e.reject("the name is empty: name one such as batch-7, or leave the flag out")
		}
	}
	if e := r.find("share-payloads"); s.SharePayloads && e.precedence == fromFlag && !strings.Contains(s.Session, "://") {
		e.reject("it is for a session in NATS: name one with --session nats://HOST:PORT/NAME, or leave it out")
	}
	if s.NoStore && r.find("session").precedence == fromFlag {
		r.find("no-store").reject("nothing is kept, so there is no session to name: leave one of --session and --no-store out")
	}
	if s.OutputDir == "" {
		r.find("output-dir").reject("the directory is empty: name one, such as ./polltop-out")
	}
	if !slices.Contains([]string{"done", "first-failure", "failure", "off"}, s.Notify) {
		e := r.find("notify")
		e.reject("%q is none of done, first-failure, failure and off: write one of them", e.last())
	}
}

// oldTimeout is the former name of request-timeout as a flag and a key. These and its former variable
// are refused with an error that says the new name.
const oldTimeout = "timeout"

func (r *resolver) rejectOldTimeout() {
	now := byFlag("request-timeout")
	if _, ok := r.flags[oldTimeout]; ok {
		r.setErr(fmt.Errorf("%w (only wait has a --timeout: the time for all tasks to end)", renamedError("--"+oldTimeout, "--"+now.flag)))
	}
	if r.env("POLLTOP_TIMEOUT") != "" {
		r.setErr(renamedError("POLLTOP_TIMEOUT in the environment", now.env))
	}
}

// renamedError returns the error for a former name of request-timeout.
func renamedError(former, now string) error {
	return fmt.Errorf("%s: the time for one request is now %s: rename it", former, now)
}

// results returns whether all results are fetched, and whether none is. If both settings are given,
// the one with the higher precedence counts.
func (r *resolver) results() (all, none bool) {
	with, without := r.find("results"), r.find("no-results")
	all, none = with.boolean(), without.boolean()
	if all && none && with.precedence == without.precedence {
		without.reject("it contradicts %s: give one of the two", with.from)
	}
	return all && (!none || with.precedence > without.precedence), none && (!all || without.precedence > with.precedence)
}

// logPath returns the file to log to, "" for none.
func (r *resolver) logPath() string {
	e := r.find("log")
	path := r.pathOf(e.text(), e.precedence)
	if path == "" && e.precedence == fromFlag {
		e.reject("the file name is empty: name the file to log to, such as polltop.log")
	}
	return path
}

// tasksFromEnv returns the values of STATUS_URL and REQUEST_ID, which the API documentation uses.
// REQUEST_ID is left out where STATUS_URL names the same request: alone it could lack an endpoint.
func (r *resolver) tasksFromEnv() []string {
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

// redact redacts keys and header values in an error, because one may be given in the wrong place.
func (r *resolver) redact(err error) error {
	text := err.Error()
	for _, secret := range r.possibleSecrets() {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	if text != err.Error() {
		return errors.New(text)
	}
	return err
}
