// Package words says what a word is by its form alone: an id of a service, the name of a
// model, a state, a number, and what a key such as request_id names.
//
// It knows nothing of the text in which a word stands: package paste, which calls it, weighs
// that. A form of id that a service adds is added here, in Kind and IDKind.
package words
