// Package record finds the records in the lines of a text: what stands in brackets, as JSON
// and other languages write it, rows of tables, lines of one key and value each, HTTP
// exchanges; else each line is one. Its values are classified by package word.
package record
