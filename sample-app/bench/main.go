// Command bench compares the items API with a bare gorilla/mux handler, over HTTP on loopback, in one run:
//
//	go run ./sample-app/bench
//
// Both are processes of their own. The bare one decodes, stores and encodes as the items API does, but validates,
// logs and counts nothing: the ratio is what all of that costs. It ends with 1 if a limit is missed.
//
// With -fastapi 127.0.0.1:8001 it is compared with FastAPI as well, which hack/fastapi/setup.sh starts there.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// What the items API promises on a machine with two cores that does nothing else.
const (
	leastRatio  = 0.85
	mostMemory  = 20 * mebibyte
	slowestTime = 20 * time.Millisecond
	// largestFile is that of the binary, which is all that the image has, in bytes.
	largestFile = 15e6
)

const (
	mebibyte = 1 << 20
	megabyte = 1e6
)

// What it promises beside FastAPI on uvicorn with one worker.
const (
	leastSpeedUp   = 4.0
	largestLatency = 1.0 / 3 // of FastAPI's 99th percentile
)

// settings say how much to measure.
type settings struct {
	fastapi     string
	connections int
	rounds      int
	round       time.Duration
	starts      int
}

const (
	defaultConnections = 16
	defaultRounds      = 41
	defaultRound       = 200 * time.Millisecond
	defaultStarts      = 21
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := command(ctx, os.Args)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// command is the bare handler, or the benchmark.
func command(ctx context.Context, args []string) error {
	if len(args) == 3 && args[1] == bareCommand {
		return serveBare(ctx, args[2])
	}
	var how settings
	flag.IntVar(&how.connections, "connections", defaultConnections, "number of clients")
	flag.IntVar(&how.rounds, "rounds", defaultRounds, "number of rounds; of their ratios the median counts")
	flag.DurationVar(&how.round, "round", defaultRound, "length of a round")
	flag.IntVar(&how.starts, "starts", defaultStarts, "number of starts; of their times the median counts")
	flag.StringVar(&how.fastapi, "fastapi", "", "address of the same API on FastAPI, started anew, to compare with")
	flag.Parse()
	return run(ctx, os.Stdout, how)
}

func run(ctx context.Context, out io.Writer, how settings) error {
	directory, err := os.MkdirTemp("", "items-bench-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(directory) //nolint:errcheck // what is left lies in the folder for temporary files
	binary := filepath.Join(directory, "sample-app")
	if err := build(ctx, binary); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	bare := rival{name: "bare", start: func(ctx context.Context) (*process, error) { return start(ctx, self, bareCommand) }}
	missed, err := compare(ctx, out, binary, bare, how, tooSlow)
	if err == nil && how.fastapi != "" {
		var more bool
		fastapi := rival{name: "FastAPI", start: func(context.Context) (*process, error) { return running(how.fastapi), nil }}
		more, err = compare(ctx, out, binary, fastapi, how, tooLittleGain)
		missed = missed || more
	}
	if err != nil {
		return err
	}
	more, err := measureStart(ctx, out, binary, how.starts)
	if err != nil {
		return err
	}
	if missed || more {
		return errMissed
	}
	return nil
}

// rival is what the items API is compared with.
type rival struct {
	name  string
	start func(context.Context) (*process, error)
}

// verdict tells whether a limit is missed, and which limits there are. The ratio is that of the rates.
type verdict func(ratio float64, app, rival result) (missed bool, limits string)

func tooSlow(ratio float64, _, _ result) (bool, string) {
	return ratio < leastRatio, fmt.Sprintf("at least %.2f", leastRatio)
}

func tooLittleGain(ratio float64, app, rival result) (bool, string) {
	latency := float64(app.latency(most)) / float64(rival.latency(most))
	return ratio < leastSpeedUp || latency > largestLatency,
		fmt.Sprintf("at least %.2f; p99 is %.2f of its, at most %.2f", leastSpeedUp, latency, largestLatency)
}

// compare tells whether a limit is missed.
func compare(ctx context.Context, out io.Writer, binary string, with rival, how settings, judge verdict) (bool, error) {
	const request = `{"name":"Doodad","description":"A fantastic doodad","price":39.99}`
	anyMissed := false
	for _, load := range []load{{"GET", ""}, {"POST", request}} {
		other, app, err := race(ctx, binary, with, load, how)
		if err != nil {
			return false, err
		}
		ratios := make([]float64, how.rounds)
		for i := range ratios {
			ratios[i] = app.rates[i] / other.rates[i]
		}
		ratio := median(ratios)
		missed, limits := judge(ratio, app, other)
		anyMissed = anyMissed || missed
		reportf(out, "%-5s /items  %-9s %s\n", load.method, with.name, other)
		reportf(out, "%-5s /items  items API %s\n", load.method, app)
		reportf(out, "%-5s /items  ratio     %8.2f   (%s; rounds from %.2f to %.2f)\n\n",
			load.method, ratio, limits, slices.Min(ratios), slices.Max(ratios))
	}
	return anyMissed, nil
}

// race loads both in turn, so that whatever else the machine does hits both.
func race(ctx context.Context, binary string, with rival, load load, how settings) (result, result, error) {
	var other, app result
	reference, err := with.start(ctx)
	if err != nil {
		return other, app, err
	}
	defer reference.stop()
	candidate, err := start(ctx, binary)
	if err != nil {
		return other, app, err
	}
	defer candidate.stop()
	for range how.rounds {
		if err := load.run(ctx, reference.address, how, &other); err != nil {
			return other, app, fmt.Errorf("loading %s: %w", with.name, err)
		}
		if err := load.run(ctx, candidate.address, how, &app); err != nil {
			return other, app, fmt.Errorf("loading the items API: %w", err)
		}
	}
	return other, app, nil
}

// measureStart tells whether start or memory is above its limit.
func measureStart(ctx context.Context, out io.Writer, binary string, starts int) (bool, error) {
	times := make([]time.Duration, starts)
	sizes := make([]int64, starts)
	for i := range starts {
		app, err := start(ctx, binary)
		if err != nil {
			return false, err
		}
		times[i] = app.took
		sizes[i], err = app.memory(ctx)
		app.stop()
		if err != nil {
			return false, err
		}
	}
	took, size := median(times), median(sizes)
	file, err := os.Stat(binary)
	if err != nil {
		return false, fmt.Errorf("measuring the binary: %w", err)
	}
	reportf(out, "start to first 200  %8.1f ms   (at most %d)\n", milliseconds(took), slowestTime.Milliseconds())
	reportf(out, "memory at rest      %8.1f MiB  (at most %d)\n", mebibytes(size), mostMemory/mebibyte)
	reportf(out, "binary              %8.1f MB   (at most %d)\n", float64(file.Size())/megabyte, int(largestFile/megabyte))
	return took > slowestTime || size > mostMemory || file.Size() > largestFile, nil
}

func mebibytes(size int64) float64 {
	return float64(size) / mebibyte
}

func milliseconds(duration time.Duration) float64 {
	return float64(duration) / float64(time.Millisecond)
}

// reportf writes to a terminal or a pipe; if that is gone, nobody wants to know.
func reportf(out io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(out, format, args...)
}
