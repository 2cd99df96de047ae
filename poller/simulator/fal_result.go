package simulator

// falFile is a file in a result of fal.
type falFile struct {
	URL         string  `json:"url,omitempty"`
	ContentType string  `json:"content_type"`
	FileName    string  `json:"file_name,omitempty"`
	FileSize    int64   `json:"file_size,omitempty"` // bytes
	FileData    string  `json:"file_data,omitempty"` // base64
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	Duration    float64 `json:"duration,omitempty"` // seconds
}

// result returns what the model returned. Each model has its own fields; these are
// those of most models of fal.
func (fal) result(x *Exchange) any {
	t := x.task
	products := x.products()
	files := make([]falFile, len(products))
	links := make([]string, len(products))
	for i, p := range products {
		links[i] = p.url
		files[i] = falFile{
			URL: p.url, ContentType: p.mime, FileName: p.name, FileSize: p.size,
			Width: p.width, Height: p.height, Duration: p.duration,
		}
		switch t.shape() {
		case ShapeDataURI:
			// As with sync_mode.
			files[i].URL, files[i].FileName, files[i].FileSize = "data:"+p.mime+";base64,"+p.base64(), "", 0
		case ShapeBase64:
			files[i].URL, files[i].FileData = "", p.base64()
		}
	}
	seed := t.seed()
	switch {
	case t.shape() == ShapeText:
		return map[string]any{"output": t.text(), "partial": false}
	case t.shape() == ShapeStrings:
		return map[string]any{"outputs": links, "seed": seed}
	case t.queue.endpoint.Video && len(files) == 1:
		return map[string]any{"video": files[0], "seed": seed}
	case t.queue.endpoint.Video:
		return map[string]any{"video": files[0], "images": files[1:], "seed": seed}
	}
	return map[string]any{
		"images": files, "prompt": t.prompt(), "seed": seed, "has_nsfw_concepts": make([]bool, len(files)),
		"timings": map[string]float64{"inference": x.view.inference},
	}
}
