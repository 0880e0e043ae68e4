package template

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

const (
	minZones, maxZones = 2, 3 // A load balancer wants two; three is what the address plan has room for.
	maxPort            = 65535
	// The VPC is cut in 16 and a load balancer's subnet must be /27 or larger; AWS has no VPC larger than /16.
	minVPCBits, maxVPCBits = 16, 23
)

// check refuses what the template cannot be built from. The API server has refused it before; here it guards
// against an EcsApp that came another way, such as one without defaults. What only AWS's schemas know is left to
// cfn.Validate.
func check(spec *v1alpha1.EcsAppSpec, image string) error {
	var errs []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	require(image != "", "the image is not resolved: there is no reference for spec.image.repository %q", spec.Image.Repository)
	require(spec.CPU > 0, "spec.cpu is %d: write a size of Fargate such as 256", spec.CPU)
	require(spec.Memory > 0, "spec.memory is %d: write a size of Fargate such as 512", spec.Memory)
	require(spec.Architecture != "", "spec.architecture is empty: write X86_64 or ARM64")
	require(spec.Container.Port >= 1 && spec.Container.Port <= maxPort,
		"spec.container.port is %d: write a port of 1 to %d", spec.Container.Port, maxPort)
	require(strings.HasPrefix(spec.LoadBalancer.HealthCheck.Path, "/"),
		"spec.loadBalancer.healthCheck.path is %q: write a path such as /health", spec.LoadBalancer.HealthCheck.Path)
	return errors.Join(append(errs, checkNetwork(spec), checkReferences(spec))...)
}

func checkNetwork(spec *v1alpha1.EcsAppSpec) error {
	vpc := spec.Network.VPC
	var errs []error
	if vpc.Zones < minZones || vpc.Zones > maxZones {
		errs = append(errs, fmt.Errorf("spec.network.vpc.zones is %d: write %d or %d", vpc.Zones, minZones, maxZones))
	}
	switch vpc.NATGateways {
	case v1alpha1.NATGatewaysNone, v1alpha1.NATGatewaysSingle, v1alpha1.NATGatewaysPerZone:
	default:
		errs = append(errs, fmt.Errorf("spec.network.vpc.natGateways is %q: write None, Single or PerZone", vpc.NATGateways))
	}
	prefix, err := netip.ParsePrefix(vpc.CIDR)
	if err != nil || !prefix.Addr().Is4() || prefix != prefix.Masked() ||
		prefix.Bits() < minVPCBits || prefix.Bits() > maxVPCBits {
		errs = append(errs, fmt.Errorf("spec.network.vpc.cidr is %q: write an IPv4 range of /%d to /%d that starts at its "+
			"first address, such as 10.0.0.0/16", vpc.CIDR, minVPCBits, maxVPCBits))
	}
	if len(spec.LoadBalancer.AllowedCIDRs) == 0 {
		errs = append(errs, errors.New("spec.loadBalancer.allowedCIDRs is empty: write at least one range such as 0.0.0.0/0"))
	}
	for _, text := range spec.LoadBalancer.AllowedCIDRs {
		if allowed, err := netip.ParsePrefix(text); err != nil || !allowed.Addr().Is4() {
			errs = append(errs, fmt.Errorf("spec.loadBalancer.allowedCIDRs has %q: write an IPv4 range such as 203.0.113.0/24", text))
		}
	}
	return errors.Join(errs...)
}

// checkReferences refuses dynamic references. CloudFormation would replace {{resolve:secretsmanager:...}} anywhere
// in a template with a secret, read with its own rights: whoever may write an EcsApp could read every secret.
func checkReferences(spec *v1alpha1.EcsAppSpec) error {
	var errs []error
	refuse := func(field, text string) {
		if strings.Contains(text, "{{resolve:") {
			errs = append(errs, fmt.Errorf("%s holds a dynamic reference ({{resolve:...}}): CloudFormation would put a "+
				"secret there in plain text; it is refused", field))
		}
	}
	for _, variable := range spec.Container.Env {
		refuse("spec.container.env "+variable.Name, variable.Value)
	}
	for _, text := range spec.Container.EntryPoint {
		refuse("spec.container.entryPoint", text)
	}
	for _, text := range spec.Container.Command {
		refuse("spec.container.command", text)
	}
	refuse("spec.loadBalancer.healthCheck.path", spec.LoadBalancer.HealthCheck.Path)
	return errors.Join(errs...)
}
