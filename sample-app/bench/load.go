package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

var (
	errMissed = errors.New("a limit is missed")
	errAnswer = errors.New("unexpected answer")
)

// load is one kind of request to /items.
type load struct {
	method string
	body   string
}

// result is what one side did.
type result struct {
	// rates are the answers per second of each round.
	rates []float64
	// latencies are those of all requests.
	latencies []time.Duration
}

// String gives the median of the rates and two percentiles of the latencies.
func (r result) String() string {
	return fmt.Sprintf("%8.0f/s  p50 %6.3f ms  p99 %6.3f ms",
		median(r.rates), milliseconds(r.latency(half)), milliseconds(r.latency(most)))
}

// Percentiles of latencies.
const half, most = 50, 99

// latency returns a percentile of the latencies.
func (r result) latency(percent int) time.Duration {
	slices.Sort(r.latencies)
	return r.latencies[len(r.latencies)*percent/100]
}

// run sends requests over all connections for one round.
func (l load) run(ctx context.Context, address string, how settings, to *result) error {
	ctx, cancel := context.WithTimeout(ctx, how.round)
	defer cancel()
	latencies := make([][]time.Duration, how.connections)
	errs := make([]error, how.connections)
	begin := time.Now()
	var group sync.WaitGroup
	for i := range how.connections {
		group.Go(func() { latencies[i], errs[i] = l.repeat(ctx, address) })
	}
	group.Wait()
	took := time.Since(begin)
	all := slices.Concat(latencies...)
	to.rates = append(to.rates, float64(len(all))/took.Seconds())
	to.latencies = append(to.latencies, all...)
	return errors.Join(errs...)
}

// repeat sends one request after the other until ctx ends. It speaks HTTP by hand, because the cores are shared with
// the server: a full client would take more of them than the server, and blur what it costs.
func (l load) repeat(ctx context.Context, address string) ([]time.Duration, error) {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	defer connection.Close() //nolint:errcheck // nothing is lost with it
	request := []byte(l.method + " /items HTTP/1.1\r\nHost: " + address + "\r\nContent-Type: application/json\r\n" +
		"Content-Length: " + strconv.Itoa(len(l.body)) + "\r\n\r\n" + l.body)
	answers := bufio.NewReader(connection)
	var latencies []time.Duration
	for ctx.Err() == nil {
		sent := time.Now()
		if _, err := connection.Write(request); err != nil {
			return nil, fmt.Errorf("sending a request: %w", err)
		}
		if err := discard(answers); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(sent))
	}
	return latencies, nil
}

// discard reads one answer with status 200 and a length.
func discard(answers *bufio.Reader) error {
	length := -1
	for first := true; ; first = false {
		line, err := answers.ReadSlice('\n')
		if err != nil {
			return fmt.Errorf("reading an answer: %w", err)
		}
		line = bytes.TrimSpace(line)
		if first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
			return fmt.Errorf("%w: %s", errAnswer, line)
		}
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(": "))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return fmt.Errorf("reading the length of an answer: %w", err)
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("%w: no length", errAnswer)
	}
	if _, err := answers.Discard(length); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("reading an answer: %w", err)
	}
	return nil
}

// median returns the middle one of the values, and leaves them as they are.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
