package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/term"
)

// narrator prints what happens; in colour on a terminal, unless NO_COLOR is set.
type narrator struct {
	out    io.Writer
	colour bool
	last   string
}

func newNarrator(out *os.File) *narrator {
	return &narrator{out: out, colour: term.IsTerminal(int(out.Fd())) && os.Getenv("NO_COLOR") == ""}
}

const (
	bold  = "\x1b[1m"
	dim   = "\x1b[2m"
	green = "\x1b[32m"
	red   = "\x1b[31m"
	reset = "\x1b[0m"
)

func (n *narrator) paint(style, text string) string {
	if !n.colour {
		return text
	}
	return style + text + reset
}

func (n *narrator) printf(format string, args ...any) { _, _ = fmt.Fprintf(n.out, format, args...) }

func (n *narrator) title(text string) { n.printf("\n%s\n\n", n.paint(bold, text)) }

func (n *narrator) blank() { n.printf("\n") }

// step tells of something that takes a while, and then how long it took.
func (n *narrator) step(what string, do func() error) error {
	const width = 66
	n.printf("  %-*s ", width, what+" ...")
	started := time.Now()
	if err := do(); err != nil {
		n.printf("%s\n", n.paint(red, "failed"))
		return err
	}
	n.printf("%s\n", n.paint(green, fmt.Sprintf("%5.1f s", time.Since(started).Seconds())))
	return nil
}

func (n *narrator) command(line string) { n.printf("%s %s\n", n.paint(dim, "$"), n.paint(bold, line)) }

func (n *narrator) output(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		n.printf("  %s\n", line)
	}
}

// wrapped prints a list in lines of at most 80 columns.
func (n *narrator) wrapped(parts []string) {
	const width = 76
	line := ""
	for i, part := range parts {
		if i < len(parts)-1 {
			part += ", "
		}
		if len(line)+len(part) > width {
			n.printf("  %s\n", n.paint(dim, strings.TrimSpace(line)))
			line = ""
		}
		line += part
	}
	n.printf("  %s\n", n.paint(dim, line))
}

// progress tells of a change once.
func (n *narrator) progress(since time.Duration, word, message string) {
	if word+message == n.last {
		return
	}
	n.last = word + message
	n.printf("  %s  %-16s %s\n", n.paint(dim, fmt.Sprintf("%5.1f s", since.Seconds())), n.paint(green, word), message)
}

// complete prints the closing block.
func (n *narrator) complete(url, health, docs string) {
	const rule = "========================================="
	n.printf("\n%s\n%s\n%s\n", rule, n.paint(bold, "Deployment Complete!"), rule)
	n.printf("Application URL: %s\nHealth Check: %s\nAPI Docs: %s\n%s\n\n", url, health, docs, rule)
}

// invite says what to try while everything runs.
func (d *demo) invite() {
	d.title("Everything keeps running. In another terminal:")
	d.printf("  export KUBECONFIG=%s\n", d.env.Kubeconfig)
	for _, variable := range d.env.AWSEnv() {
		d.printf("  export %s\n", variable)
	}
	d.output(`
  kubectl describe ecsapp items            # all about it
  kubectl scale ecsapp/items --replicas=4  # two more tasks
  aws cloudformation describe-stacks       # the same, as AWS sees it
  kubectl delete ecsapp items              # and everything is gone`)
	d.printf("\n  Logs are in %s. Press Ctrl-C to end.\n", d.dir)
}

// logs shows the ends of the logs after a failure.
func (d *demo) logs() {
	const enough = 4000
	for _, name := range []string{"operator.log", "simulator.log"} {
		text, err := os.ReadFile(filepath.Join(d.dir, name)) //nolint:gosec // our own
		if err != nil {
			continue
		}
		d.printf("\n--- the end of %s\n%s\n", filepath.Join(d.dir, name), text[max(0, len(text)-enough):])
	}
}
