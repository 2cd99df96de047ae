package schema

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"polltop/views/report"
)

// TestSchemaIsTheObjects holds that the documentation's tables name every field of the
// objects, with its type, in the order in which they are written, and no other.
func TestSchemaIsTheObjects(t *testing.T) {
	objects := []reflect.Type{reflect.TypeFor[report.TaskObject](), reflect.TypeFor[report.OutputObject](), reflect.TypeFor[report.WaitObject](), reflect.TypeFor[report.SubmissionObject](), reflect.TypeFor[report.SummaryObject]()}
	if len(schemas) != len(objects) {
		t.Fatalf("%d schemas for %d objects", len(schemas), len(objects))
	}
	for i, object := range objects {
		var names []string
		for _, p := range schemas[i].properties {
			names = append(names, p.name)
			if p.meaning == "" || strings.Contains(p.meaning, "|") {
				t.Errorf("%s: the meaning of %s is %q", schemas[i].title, p.name, p.meaning)
			}
		}
		if want := jsonFields(object); !slices.Equal(names, want) {
			t.Fatalf("%s has the fields %v, the table %v", object, want, names)
		}
		for j, p := range schemas[i].properties {
			if want := jsonType(object.Field(j).Type); p.kind != want {
				t.Errorf("%s.%s is a %s, in the table a %s", object, p.name, want, p.kind)
			}
		}
	}
}

// jsonType returns what a field is in JSON.
func jsonType(field reflect.Type) string {
	if field.Kind() == reflect.Pointer {
		field = field.Elem()
	}
	switch {
	case field.Kind() == reflect.String:
		return "string"
	case field.Kind() == reflect.Bool:
		return "boolean"
	case field.Kind() == reflect.Map:
		return "object"
	case field.Kind() == reflect.Slice:
		return "array"
	case field.Kind() == reflect.Float64:
		return "number"
	case field.ConvertibleTo(reflect.TypeFor[int64]()):
		return "integer"
	}
	return field.String()
}

// TestSchemaNamesTheWords holds that the table names every word that stands for
// an event, an outcome or a reason.
func TestSchemaNamesTheWords(t *testing.T) {
	table := Table()
	for _, word := range []string{
		report.EventQueued, report.EventRunning, report.EventEnded, report.EventTrouble, report.EventTask, report.EventSummary, report.EventSubmission,
		report.OutcomeSucceeded, report.OutcomeFailed, report.OutcomeCanceled, report.OutcomeExpired, report.OutcomeUnknown, report.OutcomeRetried,
		report.ReasonEnded, report.ReasonFailed, report.ReasonTimeout, report.ReasonRefused, report.ReasonInterrupted, report.ReasonError,
	} {
		if !strings.Contains(table, "`"+word+"`") {
			t.Errorf("the table does not name %s", word)
		}
	}
}

// jsonFields returns the JSON names of a struct's fields.
func jsonFields(object reflect.Type) []string {
	var names []string
	for field := range object.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
