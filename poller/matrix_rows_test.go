package poller_test

import (
	"time"
	"unicode/utf8"

	"polltop/poller"
	"polltop/poller/queue"
	"polltop/poller/simulator"
	"polltop/poller/simulator/faulty"
	"polltop/poller/simulator/pipe"
)

// backsOff fills in what polling does about a task that brings trouble at a host
// that is there: it asks less and less often.
func backsOff(r row) row {
	r.least, r.most, r.gap, r.last = 3, 10, time.Second, 4*time.Second
	return r
}

// probes fills in what polling does about a host that is not there: after some
// tries one request at a time looks whether it is back, less and less often.
func probes(r row) row {
	r.host = outage
	r.least, r.most, r.gap, r.last = 3, 20, 400*time.Millisecond, 4*time.Second
	return r
}

// patient fills in what polling does where each request lasts for the time-out of
// 15 s: it makes few of them.
func patient(r row) row {
	r.trouble, r.says = queue.TimedOut, "no answer within 15s"
	r.least, r.most, r.gap = 2, 4, 15*time.Second
	return r
}

// httpRows are the answers that are whole HTTP answers and no status.
func httpRows() []row {
	const wait = 20 * time.Second
	kind := func(k *simulator.FaultKind) simulator.Fault { return simulator.Fault{Kind: k} }
	unblock := func(r *rig) { r.poller.Unblock() }
	return []row{
		backsOff(row{name: "500", fault: kind(faulty.Status500), trouble: queue.ServerError, says: "HTTP 500: Internal server error"}),
		probes(row{name: "502 with HTML", fault: kind(simulator.Gateway502HTML), trouble: queue.Gateway, says: "HTTP 502 (no JSON)"}),
		probes(row{name: "503", fault: kind(faulty.Unavailable503), trouble: queue.Gateway, says: "HTTP 503"}),
		{name: "503 with a date in Retry-After", fault: simulator.Fault{Kind: faulty.Unavailable503, RetryAfter: wait, AsDate: true},
			trouble: queue.Gateway, says: "HTTP 503", host: partly, least: 2, most: 3, gap: wait, last: wait},
		{name: "429 with Retry-After", fault: simulator.Fault{Kind: simulator.RateLimit429, RetryAfter: wait},
			trouble: queue.RateLimited, says: "slow down", host: hold, least: 2, most: 3, gap: wait, last: wait},
		{name: "429 with a date in Retry-After", fault: simulator.Fault{Kind: simulator.RateLimit429, RetryAfter: wait, AsDate: true},
			trouble: queue.RateLimited, says: "slow down", host: hold, least: 2, most: 3, gap: wait, last: wait},
		{name: "429 without Retry-After", fault: kind(simulator.RateLimit429),
			trouble: queue.RateLimited, says: "slow down", host: hold, least: 3, most: 12, gap: 400 * time.Millisecond, last: 4 * time.Second},
		{name: "401", fault: kind(faulty.Unauthorized401), trouble: queue.Unauthorized, says: "Invalid or missing API key",
			host: stopped, least: 2, most: 2, gap: 2 * time.Second, end: unblock},
		{name: "403", fault: kind(faulty.Forbidden403), trouble: queue.Forbidden, says: "Model not allowed",
			host: forbidden, least: 2, most: 2, gap: 2 * time.Second, end: unblock},
		{name: "404 for a minute", fault: kind(simulator.NotFound404), trouble: queue.Missing, says: "Request not found",
			least: 3, most: 6, gap: 2 * time.Second, last: 10 * time.Second},
		{name: "404 for good", fault: kind(simulator.NotFound404), forGood: true, trouble: queue.Missing, says: "Request not found",
			least: 3, most: 6, gap: 2 * time.Second, last: 10 * time.Second, ends: poller.NotFound, err: "Request not found"},
		backsOff(row{name: "redirect to another origin", fault: simulator.Fault{Kind: faulty.RedirectOther, URL: "http://other.test/"},
			trouble: queue.Refused, says: "another origin"}),
		backsOff(row{name: "redirect to file:", fault: kind(faulty.RedirectFile), trouble: queue.Refused, says: "another origin"}),
		backsOff(row{name: "redirect in a loop", fault: kind(faulty.RedirectLoop), trouble: queue.Refused, says: "circle"}),
		{name: "redirect within the origin", fault: kind(faulty.RedirectSame), least: 40, most: 60, gap: time.Second},
	}
}

// bodyRows are the answers that break off, never end, or are nonsense.
func bodyRows() []row {
	kind := func(k *simulator.FaultKind) simulator.Fault { return simulator.Fault{Kind: k} }
	broken := func(name string, k *simulator.FaultKind, says string) row {
		return probes(row{name: name, fault: kind(k), trouble: queue.Unreachable, says: says})
	}
	nonsense := func(name string, k *simulator.FaultKind, says string) row {
		return backsOff(row{name: name, fault: kind(k), trouble: queue.BadAnswer, says: says})
	}
	// unclear is an answer that is not final: the task is polled on as before.
	unclear := func(name string, k *simulator.FaultKind) row {
		return row{name: name, fault: kind(k), least: 40, most: 60, gap: time.Second}
	}
	return []row{
		broken("connection reset before", faulty.ResetBefore, "closed before an answer came"),
		broken("connection reset in the middle", faulty.ResetMiddle, "closed in the middle"),
		broken("truncated JSON", faulty.Truncated, "closed in the middle"),
		nonsense("empty body", faulty.EmptyBody, "empty"),
		unclear("204, which says that it goes on", faulty.NoContent204),
		patient(row{name: "a body that never ends", fault: kind(faulty.EndlessBody)}),
		nonsense("a body of 256 MiB", faulty.HugeBody, "longer than 1 MiB"),
		patient(row{name: "headers that never come", fault: kind(faulty.SlowHeaders)}),
		patient(row{name: "one byte a second", fault: kind(faulty.DripBody)}),
		nonsense("a log-in page", faulty.NotJSON, "web page"),
		nonsense("null", faulty.NotObject, "not a JSON object"),
		unclear("unknown status", faulty.UnknownStatus),
		unclear("a status of another type", faulty.WrongFieldTypes),
		nonsense("deep nesting", faulty.DeepNesting, "not valid JSON"),
		nonsense("another request's id", faulty.OtherID, "another request (mmsu_01hother"),
		{name: "status going backwards", fault: kind(faulty.Backwards), state: poller.Queued, least: 20, most: 60, gap: time.Second},
	}
}

// networkRows are what happens between the two.
func networkRows() []row {
	down := func(state pipe.NetworkState) func(r *rig) {
		return func(r *rig) {
			r.network.Set(state)
			if state != pipe.Drops {
				r.network.Cut()
			}
		}
	}
	show := func(kind pipe.CertificateKind) func(r *rig) {
		return func(r *rig) {
			r.certificate.Show(kind)
			r.network.Cut()
		}
	}
	up, right := down(pipe.Up), show(pipe.RightCertificate)
	unreachable := func(name, says string, begin, end func(r *rig)) row {
		return probes(row{name: name, says: says, begin: begin, end: end, trouble: queue.Unreachable})
	}
	certificate := func(name, says string, kind pipe.CertificateKind) row {
		r := unreachable(name, says, show(kind), right)
		r.secure = true
		return r
	}
	return []row{
		{name: "no trouble", least: 40, most: 60, gap: time.Second},
		{name: "no trouble over TLS", secure: true, least: 40, most: 60, gap: time.Second},
		certificate("a certificate by nobody", "unknown authority", pipe.UnknownCertificate),
		certificate("an expired certificate", "the certificate is valid from 1999-12-01 to 1999-12-31 only", pipe.ExpiredCertificate),
		certificate("a certificate for another name", "valid for other.example, not localhost", pipe.OtherNameCertificate),
		unreachable("a name that stops resolving", "no such host: localhost", down(pipe.NoName), up),
		unreachable("a host that refuses connections", "connection refused", down(pipe.Refuses), up),
		patient(row{name: "a host that drops packets", begin: down(pipe.Drops), end: up}),
		// Asleep, nothing is asked; what was about to be asked is, on waking.
		{name: "a laptop that sleeps for an hour", begin: func(r *rig) { r.sleep(time.Hour) }, lasts: time.Hour + 10*time.Second,
			least: 2, most: 14},
	}
}

// oddRows are answers in an odd form that have to be understood.
func oddRows() []row {
	odd := func(name string, k *simulator.FaultKind) row {
		return row{name: name, fault: simulator.Fault{Kind: k}, forGood: true, least: 40, most: 60, gap: time.Second}
	}
	ending := func(r row, outcome simulator.Outcome, ends poller.State, err, class string) row {
		r.outcome, r.ends, r.err, r.class = outcome, ends, err, class
		return r
	}
	boom := simulator.Outcome{ErrorType: queue.ErrorInference, Message: "boom"}
	position := odd("a queue position in words", faulty.PositionText)
	position.queued, position.least = true, 20
	hostile := odd("an error made to harm a terminal", faulty.HostileText)
	hostile.fault.From = troubleFrom + troubleLasts + calmAfter
	return []row{
		ending(hostile, simulator.Outcome{}, poller.Failed, clipped(faulty.HostileError(), 4096), queue.ErrorInference),
		odd("a wrong content type", faulty.WrongType),
		odd("an id that is a number", faulty.NumberID),
		position,
		odd("duplicate keys", faulty.DuplicateKeys),
		ending(odd("duplicate keys of a failure", faulty.DuplicateKeys), boom, poller.Failed, "boom", queue.ErrorInference),
		ending(odd("invalid UTF-8", faulty.InvalidUTF8), boom, poller.Failed, "boom\ufffd\ufffd(\ufffd\ufffd\ufffd", queue.ErrorInference),
		ending(odd("an error that is an object", faulty.ErrorObject), boom, poller.Failed, "boom", queue.ErrorInference),
		// Neither an empty error nor null is one (SeaCloud's own example and client).
		ending(odd("an empty error", faulty.ErrorEmpty), simulator.Outcome{}, poller.Succeeded, "", ""),
		ending(odd("an error that is null", faulty.ErrorNull), simulator.Outcome{}, poller.Succeeded, "", ""),
		ending(odd("an error that is null, with a type", faulty.ErrorNull), boom, poller.Failed, "", queue.ErrorInference),
		ending(odd("an error that is null, of a canceled task", faulty.ErrorNull),
			simulator.Outcome{ErrorType: queue.ErrorCanceled, Message: "x"}, poller.Canceled, "", queue.ErrorCanceled),
	}
}

// clipped returns the first n bytes of an error at most, as much as is kept of it.
func clipped(s string, n int) string {
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
