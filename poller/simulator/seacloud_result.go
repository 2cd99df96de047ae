package simulator

// seacloudResult is a result answer (documentation page Get Result).
type seacloudResult struct {
	Metadata  seacloudMetadata `json:"metadata"`
	Outputs   []seacloudOutput `json:"outputs"`
	RequestID string           `json:"request_id"`
}

// seacloudMetadata is what a result tells of how it was made. The documentation
// leaves the fields to the model; these are usual ones.
type seacloudMetadata struct {
	Model         string  `json:"model"`
	Prompt        string  `json:"prompt"`
	Seed          uint64  `json:"seed"`
	InferenceTime float64 `json:"inference_time"`
	FPS           int     `json:"fps,omitempty"`
	Steps         int     `json:"steps,omitempty"`
}

// seacloudOutput is a product of a task (documentation page Get Result).
type seacloudOutput struct {
	Type        string  `json:"type"`
	Text        string  `json:"text,omitempty"`
	URL         string  `json:"url,omitempty"`
	ContentType string  `json:"content_type,omitempty"`
	FileName    string  `json:"file_name,omitempty"`
	Width       int     `json:"width,omitempty"`
	Height      int     `json:"height,omitempty"`
	FileSize    int64   `json:"file_size,omitempty"` // bytes
	Duration    float64 `json:"duration,omitempty"`  // seconds
}

// seacloudOlder is the older form of a result, which SeaCloud's own client still
// reads.
type seacloudOlder struct {
	ID     string                 `json:"id"`
	Output []seacloudOlderContent `json:"output"`
	Usage  struct {
		Cost float64 `json:"cost"`
	} `json:"usage"`
}

type seacloudOlderContent struct {
	Content []seacloudOutput `json:"content"`
}

// seacloudCost is what an output costs, in the unit of usage.cost.
const seacloudCost = 0.04

// result returns the result's body.
func (seacloud) result(x *Exchange) any {
	t := x.task
	outputs := make([]seacloudOutput, 0, 1)
	for _, p := range x.products() {
		outputs = append(outputs, seacloudOutput{
			Type: p.kind, URL: p.url, ContentType: p.mime, FileName: p.name,
			Width: p.width, Height: p.height, FileSize: p.size, Duration: p.duration,
		})
	}
	switch t.shape() {
	case ShapeText:
		outputs = []seacloudOutput{{Type: "text", Text: t.text()}}
	case ShapeOlder:
		older := seacloudOlder{ID: t.id}
		for _, o := range outputs {
			older.Output = append(older.Output, seacloudOlderContent{[]seacloudOutput{{Type: o.Type, URL: o.URL}}})
		}
		older.Usage.Cost = seacloudCost * float64(len(outputs))
		return older
	}
	metadata := seacloudMetadata{
		Model: t.queue.endpoint.Name, Prompt: t.prompt(), Seed: t.seed(), InferenceTime: x.view.inference, Steps: 28,
	}
	if t.queue.endpoint.Video {
		metadata.Steps, metadata.FPS = 0, 24
	}
	return seacloudResult{Metadata: metadata, Outputs: outputs, RequestID: t.id}
}
