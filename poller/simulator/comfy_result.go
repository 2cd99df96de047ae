package simulator

// result returns the partner's own answer: each partner has another shape. Without
// a shape of its own a task answers as Black Forest Labs do.
func (comfy) result(x *Exchange) any {
	t := x.task
	products := x.products()
	switch t.shape() {
	case ShapeText:
		part := map[string]string{"text": t.text()}
		content := map[string]any{"role": "model", "parts": []any{part}}
		return map[string]any{"candidates": []any{map[string]any{"content": content, "finishReason": "STOP"}}}
	case ShapeStrings:
		links := make([]string, len(products))
		for i, p := range products {
			links[i] = p.url
		}
		return map[string]any{"task_id": t.id, "status": "SUCCEEDED", "output": links}
	case ShapeBase64:
		videos, images := []any{}, []any{}
		for _, p := range products {
			if p.kind == "video" {
				videos = append(videos, map[string]string{"bytesBase64Encoded": p.base64(), "mimeType": p.mime})
			} else {
				images = append(images, map[string]string{"b64_json": p.base64()})
			}
		}
		if len(videos) > 0 {
			return map[string]any{"done": true, "response": map[string]any{"videos": videos}}
		}
		return map[string]any{"data": images}
	case ShapeDataURI:
		return map[string]any{"image": "data:" + products[0].mime + ";base64," + products[0].base64()}
	}
	return map[string]any{
		"id": t.id, "status": "Ready",
		"result": map[string]any{
			"sample": products[0].url, "prompt": t.prompt(), "seed": t.seed(), "duration": x.view.inference,
		},
	}
}
