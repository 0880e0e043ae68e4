package awssim

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/acm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/autoscaling"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudwatch"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ec2"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecr"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ecs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/generic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/iam"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/logs"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/rds"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/route53"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/s3"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/secretsmanager"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/servicediscovery"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/ssm"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/sts"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	// DefaultSpeed is how many seconds of AWS pass in a second of the simulator unless it is told otherwise.
	DefaultSpeed = 60
	// DefaultRegion is where the OCI registry keeps its images: its clients name no region.
	DefaultRegion = "us-east-1"
)

// Options say how a simulator behaves. The zero value is silent and does not wait.
type Options struct {
	// Speed divides the waits of AWS; 1 is real time, 0 leaves them out.
	Speed float64
	// Logger gets one line per call; nil logs nothing.
	Logger *slog.Logger
	// PlaceholderImages runs a web server that answers 200 on every path in the place of images whose registry
	// cannot be reached, instead of failing the pull.
	PlaceholderImages bool
	// RateLimits throttles calls as AWS does by default, in real time.
	RateLimits bool
	// Folder keeps what is too large for Save: images, databases and file systems. If it is empty they end with the simulator.
	Folder string
}

// New returns a simulator with nothing in it. Close it at the end.
func New(options Options) *Server {
	log := options.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	pace := clock.Clock{Speed: options.Speed}
	plain := generic.New(pace)
	server := &Server{
		log: log, services: make(map[string]wire.Service), records: plain, limits: limitsOf(options),
		keepers: []state.Named{{Name: "records", Keeper: plain}},
	}
	server.carriers = newMessaging(pace, server.origin.url, log)
	parts := server.parts(options, pace)
	server.private = server.admin()
	providers := plain.Providers()
	for _, service := range parts.services {
		server.add(service)
		if maker, ok := service.(provisioner); ok {
			maps.Copy(providers, maker.Providers())
		}
	}
	server.plain, server.moving = split(providers, plain)
	for name, provider := range providers {
		providers[name] = server.faults.Wrap(provider, pace)
	}
	parts.stacks.Clock, parts.stacks.Providers, parts.stacks.Logger = pace, providers, log
	parts.stacks.Base = server.origin.url
	parts.stacks.Wrap = func(own resource.Provider) resource.Provider { return server.faults.Wrap(own, pace) }
	server.stacks = cloudformation.New(parts.stacks)
	server.moving = slices.Sorted(slices.Values(append(server.moving, server.stacks.Types()...)))
	server.add(server.stacks)
	return server
}

// parts are the services beside CloudFormation, in the order in which they are restored (and closed, the last one first),
// and what CloudFormation needs of them.
type parts struct {
	services []api
	stacks   cloudformation.Config
}

// parts makes the services and lets them know each other.
func (s *Server) parts(options Options, pace clock.Clock) parts {
	metrics := cloudwatch.New(cloudwatch.Deps{Clock: pace, Topics: s.carriers.topics})
	lines := logs.New(logs.WithMetrics(metrics))
	images := newRegistry(options)
	objects := s3.New(pace, s.records)
	secrets, parameters := secretsmanager.New(pace), ssm.New()
	kept := references{secrets: secrets, parameters: parameters}
	names := route53.New(pace)
	registries := servicediscovery.New(servicediscovery.Deps{Clock: pace, Zones: names})
	names.Networks = func(place resource.Place, id string) bool {
		_, ok := s.records.Record(place, "AWS::EC2::VPC", id)
		return ok
	}
	certificates := acm.New(acm.Deps{Clock: pace, Records: names})
	databases := rds.New(rds.Deps{
		Clock: pace, Secrets: secrets, Records: s.records, Subnets: s.records.Subnet, Runner: process.NewRunner(""),
		Logs: lines, Certify: certificates.IssueFor, Folder: options.Folder,
	})
	balancers := elb.New(pace, s.records.Subnet, elb.WithMetrics(metrics), elb.WithCertificates(certificates.Certificate),
		elb.WithOutside(s.outside()))
	certificates.Users = balancers.CertificateUsers
	clusters := ecs.New(ecs.Deps{
		Clock: pace, Containers: s.faults.WrapContainers(newContainers(options, images)), Logs: lines, Balancers: balancers,
		Subnets: s.records.Subnet, Secrets: kept, Alarms: metrics, Metrics: metrics, Events: s.carriers.events,
		Records: s.records, Registries: registries, Objects: objects, Folder: filesFolder(options),
	})
	roles := iam.New(s.records)
	scaling := autoscaling.New(autoscaling.Deps{Clock: pace, Fleets: clusters, Alarms: metrics})
	metrics.AddSource(balancers)
	metrics.AddSource(clusters)
	metrics.RunPoliciesWith(scaling)
	s.carriers.events.RunTasksWith(clusters)
	s.registry, s.clusters, s.balancers, s.names, s.certificates = images, clusters, balancers, names, certificates
	return parts{
		services: []api{
			sts.New(pace, s.records),
			objects,
			images,
			lines,
			s.carriers.queues,
			s.carriers.topics,
			s.carriers.events,
			metrics,
			ec2.New(s.records),
			roles,
			secrets,
			parameters,
			names,
			registries, // after the zones of its namespaces
			certificates,
			databases, // after the authority that certifies them
			balancers,
			clusters, // whose tasks use all of these
			scaling,
		},
		stacks: cloudformation.Config{
			Alarms: metrics, Roles: roles, References: kept, Objects: objects, Topics: s.carriers.topics, Events: s.carriers.events,
		},
	}
}

func newRegistry(options Options) *ecr.Service {
	home := resource.Place{Account: Account, Region: DefaultRegion}
	if options.Folder == "" {
		return ecr.New(home)
	}
	return ecr.NewOnDisk(home, filepath.Join(options.Folder, "images"))
}

// filesFolder is where file systems of EFS are kept.
func filesFolder(options Options) string {
	if options.Folder == "" {
		return ""
	}
	return filepath.Join(options.Folder, "files")
}

func newContainers(options Options, images *ecr.Service) ecs.Containers {
	containers := ecs.NewContainers(images, process.NewRunner(""))
	if options.PlaceholderImages {
		return ecs.WithPlaceholders(containers)
	}
	return containers
}

// provisioner is a service that makes resources of stacks real.
type provisioner interface {
	Providers() map[string]resource.Provider
}

func (s *Server) add(service api) {
	described := service.API()
	s.services[described.Name] = described
	if closer, ok := service.(io.Closer); ok {
		s.closers = append(s.closers, closer)
	}
	if keeper, ok := service.(state.Keeper); ok {
		s.keepers = append(s.keepers, state.Named{Name: described.Name, Keeper: keeper})
	}
}

var _ http.Handler = (*Server)(nil)
