// Package settings resolves what the user configured: a flag wins over the environment, the
// environment over the config file, and that over the default. One table says what there is, and
// makes the flags, the help and the documentation.
//
// Package cli calls Resolve and passes the Settings on. No error or warning of this
// package shows a key or a header's value. It makes no request and no file.
package settings
