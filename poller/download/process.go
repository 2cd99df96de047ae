package download

import (
	"errors"
	"net/url"
)

// process downloads an output unless it was downloaded before. It returns the name of
// its file, and Done or AlreadyThere.
func (f *Downloader) process(e *entry) (string, State, error) {
	d, err := f.open()
	if err != nil {
		return "", Failed, err
	}
	identity := e.job.identity()
	if name, size, ok := d.find(identity); ok {
		d.removePart(partName(e.name, identity)) // left by a run that was killed at its very end
		e.bytes.Store(size)
		e.total.Store(size)
		return name, AlreadyThere, nil
	}
	address, err := e.job.address()
	if err != nil {
		return "", Failed, err
	}
	name, err := f.download(d, e, identity, address)
	if err != nil {
		return "", Failed, err
	}
	return name, Done, nil
}

// open returns the output directory, and opens it on the first call.
func (f *Downloader) open() (*outputDir, error) {
	f.dirMu.Lock()
	defer f.dirMu.Unlock()
	if f.dir == nil {
		d, err := openOutputDir(f.options.Dir)
		if err != nil {
			return nil, err
		}
		f.dir = d
	}
	return f.dir, nil
}

// download completes the part of an output and moves it to its final name, which it
// returns. A nil address means that the result itself holds the output.
func (f *Downloader) download(d *outputDir, e *entry, identity string, address *url.URL) (string, error) {
	p, err := d.openPart(e.name, identity, source(address))
	if err != nil {
		return "", err
	}
	defer p.close()
	f.progressed(e, p, 0)
	if address == nil {
		err = f.writeContent(e, p)
	} else {
		err = f.transfer(f.ctx, e, address, p)
	}
	if failed, ok := errors.AsType[*downloadError](err); ok && failed.discard {
		p.discard()
		e.bytes.Store(0)
	}
	if err != nil {
		return "", err
	}
	j := &e.job
	r := record{Identity: identity, RequestID: j.Request.ID, Endpoint: j.Request.Endpoint, N: j.N}
	name, err := d.finalize(p, r, outputName(j, extension(j, p.info.ContentType)))
	if err != nil {
		return "", err
	}
	e.total.Store(p.size)
	return name, nil
}

// writeContent writes an output that the result itself holds.
func (f *Downloader) writeContent(e *entry, p *part) error {
	content, err := e.job.inline()
	if err != nil {
		return err
	}
	size := int64(len(content))
	if size > f.options.MaxBytes {
		return errTooLarge(size, f.options.MaxBytes)
	}
	if err := p.begin(partInfo{Total: size}); err != nil {
		return err
	}
	if err := p.write(content); err != nil {
		return err
	}
	f.progressed(e, p, 0)
	return nil
}
