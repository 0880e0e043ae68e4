// The EcsApp operator: keeps one CloudFormation stack for each EcsApp.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/controllers"
	"github.com/ecsapp-dev/ecsapp-operator/internal/aws"
)

type options struct {
	metricsAddress, probeAddress string
	leaderElection               bool
	leaderElectionNamespace      string
	concurrency                  int
	repairPause                  time.Duration
	logging                      zap.Options
}

func main() {
	opts := parseFlags()
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&opts.logging)))
	if err := run(ctrl.SetupSignalHandler(), opts); err != nil {
		ctrl.Log.Error(err, "The operator ends")
		os.Exit(1)
	}
}

func parseFlags() options {
	var opts options
	flag.StringVar(&opts.metricsAddress, "metrics-bind-address", ":8080", "address of the Prometheus metrics; 0 for none")
	flag.StringVar(&opts.probeAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz")
	flag.BoolVar(&opts.leaderElection, "leader-elect", false, "let only one of several replicas work")
	flag.StringVar(&opts.leaderElectionNamespace, "leader-election-namespace", "",
		"namespace of the lease; the pod's own by default")
	flag.IntVar(&opts.concurrency, "concurrency", 10, "how many EcsApps are worked on at once")
	flag.DurationVar(&opts.repairPause, "repair-pause", time.Minute,
		"pause before the second repair of a failed stack; it doubles with each more")
	opts.logging.BindFlags(flag.CommandLine)
	flag.Parse()
	return opts
}

func run(ctx context.Context, opts options) error {
	cloud, err := aws.New(ctx)
	if err != nil {
		return fmt.Errorf("connecting to AWS: %w", err)
	}
	mgr, err := newManager(opts)
	if err != nil {
		return err
	}
	clusterUID, err := clusterUID(ctx, mgr.GetAPIReader())
	if err != nil {
		return err
	}
	reconciler := &controllers.EcsAppReconciler{
		Client: mgr.GetClient(), Cloud: cloud, Recorder: mgr.GetEventRecorder("ecsapp-operator"),
		Clock: clock.RealClock{}, ClusterUID: clusterUID, RepairPause: opts.repairPause,
	}
	if err := reconciler.SetupWithManager(mgr, opts.concurrency); err != nil {
		return fmt.Errorf("setting up: %w", err)
	}
	ctrl.Log.Info("Starting", "region", cloud.Region(), "cluster", clusterUID)
	if err := mgr.Start(ctx); err != nil {
		return fmt.Errorf("running the manager: %w", err)
	}
	return nil
}

func newManager(opts options) (ctrl.Manager, error) {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	config, err := ctrl.GetConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: opts.metricsAddress},
		HealthProbeBindAddress:        opts.probeAddress,
		LeaderElection:                opts.leaderElection,
		LeaderElectionID:              "ecsapp-operator.ecsapp.dev",
		LeaderElectionNamespace:       opts.leaderElectionNamespace,
		LeaderElectionReleaseOnCancel: true,
	})
	if err != nil {
		return nil, fmt.Errorf("creating the manager: %w", err)
	}
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return nil, fmt.Errorf("adding a probe: %w", err)
		}
	}
	return mgr, nil
}

// clusterUID returns what tells this cluster from all others: the UID of namespace kube-system.
func clusterUID(ctx context.Context, reader client.Reader) (string, error) {
	var namespace corev1.Namespace
	if err := reader.Get(ctx, client.ObjectKey{Name: "kube-system"}, &namespace); err != nil {
		return "", fmt.Errorf("identifying the cluster by its namespace kube-system: %w", err)
	}
	return string(namespace.UID), nil
}
