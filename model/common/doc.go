// Package common is what the dashboard's components share: the Component interface, the
// Env that each sees of the rest, the Keys, and the messages between components.
//
// A component is used by the root, package model, alone. It knows no other component: it
// posts facts, which all are told, and wishes, which the root hands to the one that fulfils
// them. Messages are delivered in their order, before the screen is drawn.
package common
