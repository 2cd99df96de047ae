// Package settings resolves what the user configured: a flag wins over the environment, the
// environment over the config file, and that over the default. The flags, the help and the
// documentation are made from one table.
//
// Package cli calls Resolve and passes the Settings on. No error or warning of this
// package shows a key or a header's value. It makes no request and no file.
package settings
