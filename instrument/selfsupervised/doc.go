// Package selfsupervised runs and measures self-supervised training.
package selfsupervised
