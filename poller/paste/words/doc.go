// Package words says what a word is by its form alone: an id of a service, the name of a
// model, a state, a number, and what a key such as request_id names.
//
// It knows nothing of the text around a word, which package paste weighs. Further forms of ids belong
// here, in Kind and IDKind.
package words
