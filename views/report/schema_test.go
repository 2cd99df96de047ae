package report

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"polltop/poller"
)

// TestSchemaIsTheObjects holds that the documentation's tables name every field of the
// objects, with its type, in the order in which they are written, and no other.
func TestSchemaIsTheObjects(t *testing.T) {
	objects := []reflect.Type{reflect.TypeFor[TaskObject](), reflect.TypeFor[OutputObject](), reflect.TypeFor[WaitObject](), reflect.TypeFor[SubmissionObject](), reflect.TypeFor[SummaryObject]()}
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
	table := SchemaTable()
	for _, word := range []string{
		EventQueued, EventRunning, EventEnded, EventTrouble, EventTask, EventSummary, EventSubmission,
		OutcomeSucceeded, OutcomeFailed, OutcomeCanceled, OutcomeExpired, OutcomeUnknown, OutcomeRetried,
		ReasonEnded, ReasonFailed, ReasonTimeout, ReasonRefused, ReasonInterrupted, ReasonError,
	} {
		if !strings.Contains(table, "`"+word+"`") {
			t.Errorf("the table does not name %s", word)
		}
	}
}

// TestSummaryObject holds the exact JSON of the summary.
func TestSummaryObject(t *testing.T) {
	var counts Counts
	for state := range poller.StateCount {
		counts[state] = 1 << state
	}
	var b strings.Builder
	o := SummaryOf(counts, poller.Stats{Requests: 812, Polls: 812, RateLimited: 3}, ReasonInterrupted, 72_123_456*time.Microsecond, noon)
	if err := Encode(&b, o); err != nil {
		t.Fatal(err)
	}
	want := `{"time":"2026-03-01T12:00:00.250Z","event":"summary","reason":"interrupted","tasks":2047,"succeeded":16,"failed":32,"canceled":64,"expired":128,` +
		`"unknown":768,"retried":1024,"live":15,"polls":812,"requests":812,"answered_429":3,"elapsed_s":72.123}` + "\n"
	if b.String() != want {
		t.Errorf("the summary is\n%swant\n%s", b.String(), want)
	}
	if o.Succeeded+o.Failed+o.Canceled+o.Expired+o.Unknown+o.Retried+o.Live != o.Tasks {
		t.Errorf("the counts of %+v don't add up", o)
	}
}
