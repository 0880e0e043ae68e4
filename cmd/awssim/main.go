// Command awssim serves AWS on loopback: CloudFormation, ECS and what goes with them, for development, tests and demos
// without an AWS account.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim"
)

const (
	usage = `awssim is AWS on loopback: CloudFormation, ECS and what goes with them: load balancing, scaling,
images, logs, metrics, databases, secrets, names, certificates, queues, topics and events.

Usage:
  awssim [flags]

It keeps all in memory, unless --state names a file. Tasks of ECS run as processes of this
machine; load balancers listen on loopback ports. Signatures are not verified: any access
key will do.
What it does not implement it refuses with an error that names it. Faults are scripted at
/_awssim/faults: docs/simulator.md says how, and lists what is supported.

Flags:
`
	ready = `awssim serves AWS on http://%[1]s (account %[2]s, %[3]g times as fast as AWS). To use it:

  export AWS_ENDPOINT_URL=http://%[1]s AWS_REGION=%[4]s AWS_DEFAULT_REGION=%[4]s \
    AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test
  aws cloudformation describe-stacks

Push images to %[1]s/NAME:TAG after aws ecr create-repository --repository-name NAME.
Stop it with Ctrl-C.
`
	// readHeaders bounds how long a client may take to say what it wants.
	readHeaders = 10 * time.Second
	// drain is how long open requests may take to end after a signal.
	drain = 5 * time.Second
)

func main() {
	paceCollector()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		_, _ = fmt.Fprintln(os.Stderr, "awssim:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop was called
	}
}

// paceCollector lets the garbage collector work less often than it does by itself, unless GOGC says how often: answers are
// mostly garbage.
func paceCollector() {
	const percent = 150
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}

type config struct {
	listen       string
	speed        float64
	quiet        bool
	placeholders bool
	limits       bool
	state        string
}

func parse(args []string, help io.Writer) (config, error) {
	var parsed config
	flags := flag.NewFlagSet("awssim", flag.ContinueOnError)
	flags.SetOutput(help)
	flags.StringVar(&parsed.listen, "listen", "127.0.0.1:4566", "address to serve on; port 0 picks a free one")
	flags.Float64Var(&parsed.speed, "speed", awssim.DefaultSpeed,
		"seconds of AWS that pass in one second; 1 is real time, 0 does not wait")
	flags.BoolVar(&parsed.quiet, "quiet", false, "do not log calls")
	flags.BoolVar(&parsed.placeholders, "placeholder-images", false,
		"run a web server that answers 200 on every path in the place of images whose registry cannot be reached")
	flags.BoolVar(&parsed.limits, "rate-limits", false, "throttle calls as AWS does by default")
	flags.StringVar(&parsed.state, "state", "",
		"file in which what there is outlives the program; beside it, in FILE.d, lie images and databases")
	flags.Usage = func() {
		_, _ = io.WriteString(help, usage)
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return config{}, fmt.Errorf("reading the flags: %w", err)
	}
	if flags.NArg() > 0 {
		return config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if parsed.speed < 0 {
		return config{}, errors.New("--speed must not be negative")
	}
	return parsed, nil
}

// run serves until ctx ends, then ends everything that the simulator started.
func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	parsed, err := parse(args, errOut)
	if err != nil {
		return err
	}
	var logger *slog.Logger
	if !parsed.quiet {
		logger = slog.New(slog.NewTextHandler(errOut, nil))
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", parsed.listen)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", parsed.listen, err)
	}
	file := stateFile{path: parsed.state}
	simulator := awssim.New(awssim.Options{
		Speed: parsed.speed, Logger: logger, PlaceholderImages: parsed.placeholders, RateLimits: parsed.limits, Folder: file.folder(),
	})
	if err := file.load(simulator); err != nil {
		return errors.Join(err, simulator.Close(), listener.Close())
	}
	_, _ = fmt.Fprintf(out, ready, listener.Addr(), awssim.Account, parsed.speed, awssim.DefaultRegion)
	watching, stop := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() { file.watch(watching, simulator, errOut) })
	err = serve(ctx, listener, simulator)
	stop()
	watch.Wait()
	return errors.Join(err, simulator.Settle(), file.save(simulator), simulator.Close())
}

func serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: readHeaders}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("serving: %w", err)
	case <-ctx.Done():
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	if err := server.Shutdown(bounded); err != nil {
		return errors.Join(fmt.Errorf("ending open requests: %w", err), server.Close())
	}
	return nil
}
