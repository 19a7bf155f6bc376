package main

import (
	"errors"

	"calorimeter/model/ssl"

	"github.com/alecthomas/kong"
)

type simclr struct{ sslFlags }

func newSimCLR() order { return &simclr{sslOf(ssl.SimCLR, 2000, 0.2)} }

type swav struct {
	sslFlags
	Labels         int     `group:"Model" default:"32" help:"Prototypes K, the labels."`
	Epsilon        float64 `group:"Model" default:"0.05" help:"Temperature of the balanced self-labels."`
	SinkhornRounds int     `group:"Model" default:"10000" least:"1" help:"Rounds of Sinkhorn's iteration at most."`
	NoBalancing    bool    `group:"Model" help:"Leave the fields of the labels at 0, to see them fall out of use."`
}

func newSwAV() order { return &swav{sslFlags: sslOf(ssl.SwAV, 2000, 0.2)} }

func (f *swav) check(line *kong.Context) error {
	if f.NoBalancing && given(line, &f.SinkhornRounds) {
		return errors.New("--no-balancing needs no rounds of Sinkhorn's iteration; leave --sinkhorn-rounds out")
	}
	return f.sslFlags.check(line)
}

func (f *swav) settings(pixels int) ssl.Settings {
	s := f.sslFlags.settings(pixels)
	s.Labels = f.Labels
	s.Epsilon, s.SinkhornRounds = f.Epsilon, f.SinkhornRounds
	s.NoBalancing = f.NoBalancing
	return s
}

type dino struct {
	sslFlags
	Labels          int     `group:"Model" default:"64" help:"Prototypes K, the labels."`
	TeacherTau      float64 `group:"Model" default:"0.04" help:"Temperature of the teacher; below --tau it sharpens."`
	TeacherMomentum float64 `group:"Model" default:"0.99" help:"Part of its weights that the teacher keeps at a step."`
	CentreMomentum  float64 `group:"Model" default:"0.9" help:"Part of itself that the centre keeps at a step."`
	NoCentring      bool    `group:"Model" help:"Leave the centre at 0, to see a collapse."`
	NoSharpening    bool    `group:"Model" help:"Give the teacher the student's temperature, to see a collapse."`
}

func newDINO() order { return &dino{sslFlags: sslOf(ssl.DINO, 2500, 0.1)} }

func (f *dino) check(line *kong.Context) error {
	if f.NoSharpening {
		if given(line, &f.TeacherTau) {
			return errors.New("--no-sharpening sets the teacher's temperature to --tau; leave --teacher-tau out")
		}
		f.TeacherTau = f.Tau
	}
	return f.sslFlags.check(line)
}

func (f *dino) settings(pixels int) ssl.Settings {
	s := f.sslFlags.settings(pixels)
	s.Labels, s.TeacherTau = f.Labels, f.TeacherTau
	s.TeacherMomentum, s.CentreMomentum = f.TeacherMomentum, f.CentreMomentum
	s.NoCentring, s.NoSharpening = f.NoCentring, f.NoSharpening
	return s
}
