package plan

const (
	// equalize is how much more or less a request is worth where its endpoint had
	// few or many of the last requests. Tasks of which as little is known are worth
	// the same; to ask those most that were asked most, as more is known of them,
	// would leave the ends at another endpoint unseen.
	equalize = 0.2
	// recent is over how many requests that is told, about.
	recent = 50
)

// fadings are what a request counts that was made so many requests ago.
var fadings = func() (f [10 * recent]float64) {
	f[0] = 1
	for i := 1; i < len(f); i++ {
		f[i] = f[i-1] * (1 - 1.0/recent)
	}
	f[len(f)-1] = 0
	return f
}()

// share counts which of the requests were made of one endpoint, fading. Requests are
// given by their number.
type share struct {
	count float64
	last  int
}

// at returns which share of the requests before one it was.
func (s share) at(request int) float64 {
	return s.count * fadings[min(request-s.last, len(fadings)-1)] / recent
}

// add counts a request.
func (s *share) add(request int) {
	s.count, s.last = s.at(request)*recent+1, request
}

// balance returns how a request to an endpoint is favoured for what it had of the
// last ones, given how many tasks of all are live.
func (t *turns) balance(e *endpoint, live int) float64 {
	own := len(e.order) - e.gone
	if own <= 0 || own >= live {
		return 1
	}
	return 1 + equalize*max(1-e.lately.at(t.requests)*float64(live)/float64(own), -1)
}
