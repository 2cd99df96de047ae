// Package word says what a word of a text is by its form alone: an id of one of the
// services, an endpoint, an address, a state, a number; and what a key says of its value.
//
// It is what package paste knows of words, without what stands around them.
package word
