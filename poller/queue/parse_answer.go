package queue

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// assemble returns the request that an answer or record tells: an id, an
// endpoint and addresses, each of which may be missing. The service's own
// addresses win over what would be built, but only those on the origin of one
// configured base; the others are left out. A request with addresses on other
// origins only is refused.
func (p *Parser) assemble(id, endpoint string, given URLs) (Request, error) {
	if isCut(id) {
		return Request{}, errCut
	}
	if id != "" && !fitsID(id) {
		return Request{}, fmt.Errorf("the request_id %s holds characters that no id has, or more than %d", shown(id), maxID)
	}
	var at place      // what the first address of a known shape tells
	var other *Base   // the base of the first of another shape
	var refused error // why the last unusable one is
	for _, address := range []*string{&given.Status, &given.Response, &given.Cancel} {
		if *address == "" {
			continue
		}
		next, err := p.source.locate(*address)
		if errors.Is(err, errNotRequest) && id != "" {
			next.base, err = p.source.at(*address)
		}
		switch {
		case err != nil:
			refused, *address = err, ""
		case (at.base != nil && next.base != at.base) || (other != nil && next.base != other):
			*address = ""
		case next.id == "":
			other, *address = next.base, strings.Clone(*address)
		case id != "" && next.id != id:
			return Request{}, fmt.Errorf("the answer is about request %s, but its address about %s", shown(id), shown(next.id))
		default:
			*address = next.spelled(*address)
			if at.base == nil {
				at = next
			}
		}
	}
	switch {
	case at.base != nil:
		return p.withURLs(at, endpoint, given), nil
	case other != nil:
		return p.withOther(id, endpoint, other, given)
	}
	return p.withoutURLs(id, endpoint, refused)
}

// withURLs returns the request at a place. The endpoint that the answer names
// counts where the place's says no more (fal's addresses carry only the first
// two segments).
func (p *Parser) withURLs(at place, endpoint string, given URLs) Request {
	if endpoint == "" || at.base.service.path(endpoint) != at.base.service.path(at.endpoint) {
		endpoint = at.endpoint
	}
	r := Request{ID: strings.Clone(at.id), Endpoint: p.intern(endpoint), Base: at.base}
	r.URLs = r.unlike(given.or(at.urls()))
	return r
}

// withOther returns a request whose addresses are on a base's origin, but of no
// shape that is known. Without a status address, the endpoint must be known.
func (p *Parser) withOther(id, endpoint string, base *Base, given URLs) (Request, error) {
	r, err := p.bare(id, endpoint)
	if err != nil {
		if given.Status == "" {
			return Request{}, err
		}
		r = Request{ID: strings.Clone(id)}
	}
	r.Base, r.URLs = base, &given
	return r, nil
}

// withoutURLs returns the request of an answer that gave no usable address.
// Where it gave some, and all were refused, the request is too: it is another
// service's.
func (p *Parser) withoutURLs(id, endpoint string, refused error) (Request, error) {
	if _, foreign := errors.AsType[*unconfigured](refused); foreign || (refused != nil && id == "") {
		return Request{}, refused
	}
	return p.bare(id, endpoint)
}

// spelled returns the address as it is to be kept: as a base URL is spelled,
// where the address is one that is built, so that it compares equal.
func (at place) spelled(address string) string {
	if u, err := url.Parse(address); err != nil || u.RawQuery != "" || u.Fragment != "" {
		return strings.Clone(address)
	}
	return at.root + at.suffix
}

// or returns the addresses, with those of other in place of what is missing.
func (u URLs) or(other URLs) URLs {
	if u.Status == "" {
		u.Status = other.Status
	}
	if u.Response == "" {
		u.Response = other.Response
	}
	if u.Cancel == "" {
		u.Cancel = other.Cancel
	}
	return u
}
