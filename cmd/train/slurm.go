package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"calorimeter/instrument/record"
)

// slurm are the wishes of who has a plan carried out by Slurm.
type slurm struct {
	wanted                  bool
	partition, time, memory string
	options                 []string // of sbatch
	program                 string   // this one
}

func (s *slurm) check() error {
	if !s.wanted && (s.partition != "" || s.time != "" || s.memory != "" || s.options != nil) {
		return usagef("--partition, --time, --memory and --sbatch are for Slurm: add --slurm, or leave them out")
	}
	if !s.wanted {
		return nil
	}
	var err error
	s.program, err = os.Executable()
	if err == nil && strings.Contains(filepath.ToSlash(s.program), "/go-build") {
		err = usagef("--slurm: this program is gone when go run ends: build it where every node finds it, " +
			"go build -o train ./cmd/train, and plan with that")
	}
	return err
}

// write writes train.sbatch and gather.sbatch into the folder of the plan, and prints how to submit them.
func (s *slurm) write(p *plan, out io.Writer) error {
	dir, err := filepath.Abs(p.dir)
	if err != nil {
		return err
	}
	train, gather := filepath.Join(dir, "train.sbatch"), filepath.Join(dir, "gather.sbatch")
	command := quoted(s.program)
	log := "--output=" + filepath.Join(strings.ReplaceAll(dir, "%", "%%"), "slurm-%x-")
	array := []string{fmt.Sprintf("--array=0-%d", p.shards()-1), log + "%A_%a.out"}
	array = append(array, "--mem="+cmp.Or(s.memory, "2G"))
	one := []string{log + "%j.out", "--mem=" + cmp.Or(s.memory, fmt.Sprintf("%.0fM", 2000+p.memory()/1e6))}
	one = append(one, "--kill-on-invalid-dep=yes") // not to wait for ever where a shard has failed
	err = cmp.Or(
		s.script(train, dir, "train", array, command+" shard "+quoted(dir)+" --workers 1"),
		s.script(gather, dir, "gather", one, command+" gather "+quoted(dir)+" --workers 1"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "job=$(sbatch --parsable %s)\nsbatch --dependency=afterok:$job %s\n", quoted(train),
		quoted(gather))
	return err
}

// script writes a batch file.
func (s *slurm) script(path, dir, name string, options []string, command string) error {
	options = append(options,
		"--job-name="+name+"-"+filepath.Base(dir), "--ntasks=1", "--cpus-per-task=1",
		"--time="+cmp.Or(s.time, "01:00:00"), "--requeue", "--open-mode=append")
	if s.partition != "" {
		options = append(options, "--partition="+s.partition)
	}
	return record.WriteAtomic(path, func(w io.Writer) error {
		fmt.Fprintln(w, "#!/bin/sh")
		for _, o := range append(options, s.options...) {
			fmt.Fprintln(w, "#SBATCH", quotedOption(o))
		}
		_, err := fmt.Fprintf(w, "export GOMAXPROCS=1 OMP_NUM_THREADS=1\nexec %s\n", command)
		return err
	})
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if !strings.ContainsAny(word, " \t\n'\"$`\\*?[]();&|<>~#!") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// quotedOption is an option as sbatch reads it in a batch file.
func quotedOption(o string) string {
	if !strings.ContainsAny(o, " \t\"'\\#") {
		return o
	}
	return `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(o) + `"`
}
