// Package common is what the dashboard's components share: the Component interface, the
// Env that each sees of the rest, the Keys, and the messages between components.
//
// A component is used by the root, package model, alone. It knows no other component: it
// posts facts, and wishes that another fulfils. All components get each, in their order, before
// the screen is drawn.
package common
