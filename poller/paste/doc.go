// Package paste reads requests out of what people paste, pipe or keep in files: ids,
// addresses, answers of the services, logs, tables, and what programs print.
//
// A text is read as lines without what terminals and tools add (package lines). Records are
// found in them: what stands in brackets, rows below a head, pairs of keys and values, else
// each line (find.go, heading.go, scan.go, table.go). A record's evidence is weighed (judge.go,
// take.go), and each id gets one verdict (parser.go). A few principles decide:
//
//   - An id counts by its form and by the class of its key (package words). Where a higher
//     key has an id, lower ones name something else. Without a key an id counts where nothing
//     else stands beside it, or where one word says that it is a task's.
//   - The best that names an endpoint wins: the request's own address, an address to which
//     requests are sent, a key, the name of a model, what stands around the record, what was
//     called above it, a heading, ENDPOINT=x, at last the default one.
//   - What would be taken for one of two things is asked about, and so is an id for which the
//     default endpoint would be taken although a name that may be one stands near it.
//   - An id that can't be asked for, such as one that was cut short, is refused, with the way
//     out. What does not look as if it named a task is passed over in silence.
package paste
