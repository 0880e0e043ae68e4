// Command bench compares awssim with moto_server on this machine: the rates of three calls on one template of 45 resources,
// with the same clients over HTTP; what a thousand stacks take of memory; and how long it takes from start to the first answer.
//
//	make bench-sim
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"
)

const (
	// wantedRatio, wantedMemory (bytes) and wantedStart are what the simulator promises.
	wantedRatio  = 20
	wantedMemory = 500 << 20
	wantedStart  = 100 * time.Millisecond
	manyStacks   = 1000
	usualPeriod  = 5 * time.Second
)

func main() {
	period := flag.Duration("for", usualPeriod, "how long each call is measured")
	flag.Parse()
	if transport, ok := http.DefaultTransport.(*http.Transport); ok {
		transport.MaxIdleConnsPerHost = manyClients // or connections are closed and opened again
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *period); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

func run(ctx context.Context, period time.Duration) error {
	dir, err := os.MkdirTemp("", "bench-sim-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program, err := build(ctx, dir)
	if err != nil {
		return err
	}
	ours, err := measureRates(ctx, period, awssim(program))
	if err != nil {
		return fmt.Errorf("measuring awssim: %w", err)
	}
	theirs, err := measureRates(ctx, period, moto)
	if err != nil {
		return fmt.Errorf("measuring moto: %w", err)
	}
	problem := compare(ours, theirs)
	memory, err := measureMemory(ctx, awssim(program))
	if err != nil {
		return fmt.Errorf("measuring memory: %w", err)
	}
	ready, err := measureStart(ctx, awssim(program))
	if err != nil {
		return fmt.Errorf("measuring the start: %w", err)
	}
	return errors.Join(problem, sum(memory, ready))
}

// compare prints the rates and returns an error if a promise is not kept.
func compare(ours, theirs []rate) error {
	sayf("| call | clients | awssim, a second | moto | ratio | awssim, CPU of a call | moto | ratio | awssim, bytes | moto |\n" +
		"|---|---|---|---|---|---|---|---|---|---|\n")
	var problems []error
	for i, our := range ours {
		their := theirs[i]
		ratio, work := our.perSecond/their.perSecond, float64(their.cpu)/float64(our.cpu)
		sayf("| %s | %d | %.0f | %.1f | %.0f | %s | %s | %.0f | %d | %d |\n", our.call, our.clients, our.perSecond,
			their.perSecond, ratio, our.cpu.Round(time.Microsecond), their.cpu.Round(time.Microsecond), work, our.bytes, their.bytes)
		if our.clients == manyClients && ratio < wantedRatio {
			problems = append(problems, fmt.Errorf("%s is %.1f times as fast as moto, not %d times", our.call, ratio, wantedRatio))
		}
	}
	return errors.Join(problems...)
}

func sum(memory int64, ready time.Duration) error {
	const mega = 1 << 20
	sayf("\n| | awssim | promised |\n|---|---|---|\n")
	sayf("| memory with %d stacks of 45 resources | %d MB | < %d MB |\n", manyStacks, memory/mega, wantedMemory/mega)
	sayf("| from start to ready, median of 9 | %s | < %s |\n", ready.Round(100*time.Microsecond), wantedStart)
	var problems []error
	if memory >= wantedMemory {
		problems = append(problems, fmt.Errorf("%d stacks take %d MB", manyStacks, memory/mega))
	}
	if ready >= wantedStart {
		problems = append(problems, fmt.Errorf("it is ready after %s", ready))
	}
	return errors.Join(problems...)
}

func sayf(format string, args ...any) { _, _ = fmt.Fprintf(os.Stdout, format, args...) }
