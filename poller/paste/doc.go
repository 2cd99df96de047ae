// Package paste reads requests out of what people paste, pipe or keep in files: ids,
// addresses, answers of the services, logs, tables, and what programs print.
//
// Text goes through layers. Package lines decodes it and takes off what terminals and tools
// add; package record finds the records in the lines, with the help of package word. This
// package collects the evidence of a record: ids by shape and by key, the endpoint by
// address, key, column or name. Each id then gets one verdict: sure, unsure, which is a
// question to the user, or refused. What does not look as if it named a task is passed over
// in silence.
package paste
