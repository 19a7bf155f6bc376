module calorimeter/notebooks

go 1.26

// The interpreter reads types as they were before aliases had types of their own.
godebug gotypesalias=0

require github.com/cosmos72/gomacro v0.0.0-20240506194242-2ff796e3da10

require (
	github.com/mattn/go-runewidth v0.0.15 // indirect
	github.com/peterh/liner v1.2.2 // indirect
	github.com/rivo/uniseg v0.2.0 // indirect
	golang.org/x/mod v0.36.0 // indirect
	golang.org/x/sync v0.20.0 // indirect
	golang.org/x/tools v0.45.0 // indirect
)
