// Package paste reads requests out of what people paste, pipe or keep in files: ids,
// addresses, answers of the services, logs, tables, and what programs print.
//
// Package lines cuts a text into lines and removes what terminals and tools add. A finder finds
// records in them: groups in brackets, rows of tables, pairs of keys and values, else single lines
// (find.go, heading.go, scan.go, table.go). The evidence of each record is weighed (judge.go,
// ids.go), and each id gets one verdict (parser.go):
//
//   - An id counts by its form and by the class of its key (package words). If a key of a better
//     class has an id, ids under other keys name something else. An id without a key counts if
//     nothing else stands beside it, or one word says that it is a task's.
//   - The endpoint is the first of these that there is: the request's own address, an address to
//     which requests are submitted, a key, the name of a model, the text around the record, an API
//     call above it, a heading, ENDPOINT=x, the default endpoint.
//   - The user is asked about an id that could be two things, or that would get the default
//     endpoint although a name near it may be one.
//   - An id that can't be polled, such as a truncated one, is refused, with the way out. Text that
//     does not look like a task is ignored.
package paste
