package fetch

import (
	"errors"
	"net/url"
)

// obtain brings an output to the disk and returns the name of its file.
func (f *Fetcher) obtain(e *entry) (string, State, error) {
	s, err := f.open()
	if err != nil {
		return "", Failed, err
	}
	identity := e.job.identity()
	if name, size, ok := s.have(identity); ok {
		s.sweep(partName(e.want, identity)) // of a run that was killed at its very end
		e.bytes.Store(size)
		e.total.Store(size)
		return name, AlreadyThere, nil
	}
	address, err := e.job.address()
	if err != nil {
		return "", Failed, err
	}
	name, err := f.bring(s, e, identity, address)
	if err != nil {
		return "", Failed, err
	}
	return name, Done, nil
}

// open returns the output directory, and opens it the first time.
func (f *Fetcher) open() (*shelf, error) {
	f.shelfMu.Lock()
	defer f.shelfMu.Unlock()
	if f.shelf == nil {
		s, err := openShelf(f.options.Dir)
		if err != nil {
			return nil, err
		}
		f.shelf = s
	}
	return f.shelf, nil
}

// bring makes the part of an output whole, from the address or where that is
// nil from the result, and gives it its name.
func (f *Fetcher) bring(s *shelf, e *entry, identity string, address *url.URL) (string, error) {
	p, err := s.openPart(e.want, identity, source(address))
	if err != nil {
		return "", err
	}
	defer p.close()
	f.arrived(e, p, 0)
	if address == nil {
		err = f.writeContent(e, p)
	} else {
		err = f.download(f.ctx, e, address, p)
	}
	var t *trouble
	if errors.As(err, &t) && t.useless {
		p.discard()
		e.bytes.Store(0)
	}
	if err != nil {
		return "", err
	}
	j := &e.job
	name, err := s.settle(p, record{Identity: identity, RequestID: j.Request.ID, Endpoint: j.Request.Endpoint, N: j.N}, outputName(j, extension(j, p.note.ContentType)))
	if err != nil {
		return "", err
	}
	e.total.Store(p.size)
	return name, nil
}

// writeContent writes an output that came in the result itself.
func (f *Fetcher) writeContent(e *entry, p *part) error {
	content, err := e.job.inline()
	if err != nil {
		return err
	}
	size := int64(len(content))
	if size > f.options.MaxBytes {
		return tooLarge(size, f.options.MaxBytes)
	}
	if err := p.begin(note{Total: size}); err != nil {
		return err
	}
	if err := p.write(content); err != nil {
		return err
	}
	f.arrived(e, p, 0)
	return nil
}
