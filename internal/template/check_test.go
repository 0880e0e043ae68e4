package template_test

import (
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
	"github.com/ecsapp-dev/ecsapp-operator/internal/template"
)

func TestBuildSaysWhichFieldToChange(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		edit func(*v1alpha1.EcsAppSpec)
		want string
	}{
		"no cpu":    {func(s *v1alpha1.EcsAppSpec) { s.CPU = 0 }, "spec.cpu is 0: write a size of Fargate such as 256"},
		"no memory": {func(s *v1alpha1.EcsAppSpec) { s.Memory = 0 }, "spec.memory is 0: write a size of Fargate such as 512"},
		"no architecture": {
			func(s *v1alpha1.EcsAppSpec) { s.Architecture = "" }, "spec.architecture is empty: write X86_64 or ARM64",
		},
		"a port that does not exist": {
			func(s *v1alpha1.EcsAppSpec) { s.Container.Port = 65536 }, "spec.container.port is 65536: write a port of 1 to 65535",
		},
		"a path without a slash": {
			func(s *v1alpha1.EcsAppSpec) { s.LoadBalancer.HealthCheck.Path = "health" },
			`spec.loadBalancer.healthCheck.path is "health": write a path such as /health`,
		},
		"one zone": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.Zones = 1 }, "spec.network.vpc.zones is 1: write 2 or 3",
		},
		"four zones": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.Zones = 4 }, "spec.network.vpc.zones is 4: write 2 or 3",
		},
		"another NAT layout": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.NATGateways = "Double" },
			`spec.network.vpc.natGateways is "Double": write None, Single or PerZone`,
		},
		"a range that is none": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.CIDR = "10.0.0.0" }, `spec.network.vpc.cidr is "10.0.0.0": write an IPv4 range`,
		},
		"a range that starts elsewhere": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.CIDR = "10.0.0.1/16" }, "that starts at its first address",
		},
		"too small a range": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.CIDR = "10.0.0.0/24" }, "write an IPv4 range of /16 to /23",
		},
		"too large a range": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.CIDR = "10.0.0.0/15" }, "write an IPv4 range of /16 to /23",
		},
		"a range of IPv6": {
			func(s *v1alpha1.EcsAppSpec) { s.Network.VPC.CIDR = "fd00::/16" }, "write an IPv4 range of /16 to /23",
		},
		"nobody allowed": {
			func(s *v1alpha1.EcsAppSpec) { s.LoadBalancer.AllowedCIDRs = nil }, "spec.loadBalancer.allowedCIDRs is empty",
		},
		"somebody allowed by name": {
			func(s *v1alpha1.EcsAppSpec) { s.LoadBalancer.AllowedCIDRs = []string{"example.com"} },
			`spec.loadBalancer.allowedCIDRs has "example.com": write an IPv4 range such as 203.0.113.0/24`,
		},
		"a secret in the environment": {
			func(s *v1alpha1.EcsAppSpec) {
				s.Container.Env = []v1alpha1.EnvVar{{Name: "DB", Value: "x{{resolve:secretsmanager:db}}"}}
			},
			"spec.container.env DB holds a dynamic reference",
		},
		"a secret in the command": {
			func(s *v1alpha1.EcsAppSpec) { s.Container.Command = []string{"{{resolve:ssm:p}}"} },
			"spec.container.command holds a dynamic reference",
		},
		"a secret in the entry point": {
			func(s *v1alpha1.EcsAppSpec) { s.Container.EntryPoint = []string{"{{resolve:ssm:p}}"} },
			"spec.container.entryPoint holds a dynamic reference",
		},
		"a secret in the path": {
			func(s *v1alpha1.EcsAppSpec) { s.LoadBalancer.HealthCheck.Path = "/{{resolve:ssm:p}}" },
			"spec.loadBalancer.healthCheck.path holds a dynamic reference",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			app := load(t, minimal)
			c.edit(&app.Spec)
			_, err := template.Build(app, image)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestBuildRefusesAnImageThatIsNotResolved(t *testing.T) {
	t.Parallel()
	_, err := template.Build(load(t, minimal), "")
	if err == nil || !strings.Contains(err.Error(), "the image is not resolved") {
		t.Errorf("error %v, want one about the image", err)
	}
}

func TestBuildReportsAllMistakesTogether(t *testing.T) {
	t.Parallel()
	_, err := template.Build(new(v1alpha1.EcsApp), "")
	if err == nil {
		t.Fatal("built an empty app")
	}
	for _, field := range []string{"image", "spec.cpu", "spec.memory", "spec.network.vpc.zones", "spec.network.vpc.cidr"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not mention %s: %v", field, err)
		}
	}
}

func TestWhatOnlyAWSKnowsIsFoundByValidate(t *testing.T) {
	t.Parallel()
	app := load(t, minimal)
	app.Spec.Observability.Logs.RetentionDays = 31
	app.Spec.LoadBalancer.HealthCheck.IntervalSeconds = 1
	built, err := template.Build(app, image)
	if err != nil {
		t.Fatal(err)
	}
	err = built.Validate()
	for _, want := range []string{
		"resource LogGroup: #/RetentionInDays: failed validation constraint for keyword [enum]",
		"resource TargetGroup: #/HealthCheckIntervalSeconds: failed validation constraint for keyword [minimum] (at least 5)",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

// Whatever passes the checks renders a template in which every reference leads somewhere.
func FuzzBuild(f *testing.F) {
	f.Add("10.0.0.0/16", int32(2), "Single", "0.0.0.0/0", "/health", "value", int32(8000))
	f.Add("172.20.16.0/22", int32(3), "PerZone", "10.1.2.3/8", "/${x}", "${AWS::Region}", int32(1))
	f.Add("::ffff:10.0.0.0/112", int32(2), "None", "1.2.3.4/32", "/", "{{resolve:ssm:x}}", int32(65535))
	defaults := load(f, minimal)
	f.Fuzz(func(t *testing.T, cidr string, zones int32, nat, allowed, path, value string, port int32) {
		app := defaults.DeepCopy()
		app.Spec.Network.VPC = v1alpha1.VPCSpec{CIDR: cidr, Zones: zones, NATGateways: v1alpha1.NATGateways(nat)}
		app.Spec.LoadBalancer.AllowedCIDRs = []string{allowed}
		app.Spec.LoadBalancer.HealthCheck.Path = path
		app.Spec.Container.Port = port
		app.Spec.Container.Env = []v1alpha1.EnvVar{{Name: "FUZZ", Value: value}}
		built, err := template.Build(app, image)
		if err != nil {
			return
		}
		if err := built.Validate(); err != nil && strings.Contains(err.Error(), "there is no such") {
			t.Error(err)
		}
	})
}
