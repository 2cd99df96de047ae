// Package common is what the dashboard's components share: the Component interface, the
// Env, the Keys and the messages between components.
//
// Only the root, package model, uses components. A component knows no other one: it posts
// facts, and wishes that another component fulfils. Each message goes to all components,
// before the screen is drawn.
package common
