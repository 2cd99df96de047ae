package simulator

import "fmt"

// FileFaultKind is a kind of trouble with a file that a task has made.
type FileFaultKind uint8

// What goes wrong with a file.
const (
	// SlowFile sends the file at the fault's Rate.
	SlowFile FileFaultKind = iota + 1
	// WrongSize makes the result tell half of the file's true size; the file
	// itself is right.
	WrongSize
	// ResetFile resets the connection in the middle of what was asked for.
	ResetFile
	// ChangedFile is another file, with another ETag and Last-Modified, than
	// where the fault is not in force: with FromRequest 2, one that changed
	// between the first request and the second.
	ChangedFile
	// File404 answers 404, as for a file that has expired.
	File404
	// File500 answers 500.
	File500
	// EndlessFile tells no length and sends until the client leaves.
	EndlessFile
)

// fileKindNames are the kinds' names.
var fileKindNames = [...]string{
	SlowFile: "SlowFile", WrongSize: "WrongSize", ResetFile: "ResetFile", ChangedFile: "ChangedFile",
	File404: "File404", File500: "File500", EndlessFile: "EndlessFile",
}

// String returns the kind's name.
func (k FileFaultKind) String() string {
	if int(k) < len(fileKindNames) && fileKindNames[k] != "" {
		return fileKindNames[k]
	}
	return fmt.Sprintf("FileFaultKind(%d)", uint8(k))
}

// FileFault is trouble of one kind with the files of a task, in a window of the
// requests for each file. With no window it is there for good. Several may be in
// force at once, such as a slow file that breaks off.
type FileFault struct {
	Kind FileFaultKind
	// Output is the number of the output that has the trouble, the first being
	// 1; 0 is all.
	Output int
	// FromRequest and UntilRequest bound it by the number of the request for
	// the file, the first being 1: FromRequest is in, UntilRequest is not; 0 is
	// no bound. WrongSize, which is no matter of the file, knows no bound.
	FromRequest, UntilRequest int
	// Rate is how many bytes SlowFile sends in a second of the clock; 0 is
	// defaultRate.
	Rate int
}

// defaultRate is how slow a slow file is: a video takes a minute and more.
const defaultRate = 32 << 10

// pickFile returns the fault of a kind that is in force, and false if none is.
// Request 0 is none: that of a result.
func pickFile(faults []FileFault, kind FileFaultKind, output, request int) (FileFault, bool) {
	for _, f := range faults {
		if f.Kind != kind || (f.Output != 0 && f.Output != output) {
			continue
		}
		if request >= f.FromRequest && (f.UntilRequest == 0 || request < f.UntilRequest) {
			return f, true
		}
	}
	return FileFault{}, false
}
