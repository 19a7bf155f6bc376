// Package ssl trains encoders by self-supervision.
package ssl
