package elb

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// certificateProperties are the properties of AWS::ElasticLoadBalancingV2::ListenerCertificate.
type certificateProperties struct {
	ListenerArn  string
	Certificates []certificate
}

// certificateProvider adds certificates to listeners.
type certificateProvider struct{ *Service }

var _ resource.Reader = (*certificateProvider)(nil)

// maxCertificates is how many certificates a load balancer takes beside the default ones ("Quotas", user guide).
const maxCertificates = 25

// addCertificates adds certificates to a listener, each once. Call it locked.
func (s *Service) addCertificates(l *listener, added []certificate) error {
	if !l.secure() {
		return misconfigured("Certificates are not supported for %s listeners", l.Protocol)
	}
	for _, each := range added {
		if err := s.checkCertificate(l.place, each.CertificateArn); err != nil {
			return err
		}
	}
	total := slices.Clone(l.additional)
	for _, each := range added {
		if !slices.Contains(l.certificateARNs(), each.CertificateArn) && !slices.Contains(total, each.CertificateArn) {
			total = append(total, each.CertificateArn)
		}
	}
	if len(total) > maxCertificates {
		return wire.Errorf("TooManyCertificates", "You have reached the limit of %d certificates per load balancer", maxCertificates)
	}
	l.additional = total
	return nil
}

// removeCertificates takes certificates from a listener. Its default one stays. Call it locked.
func (l *listener) removeCertificates(removed []certificate) error {
	for _, each := range removed {
		if len(l.Certificates) > 0 && l.Certificates[0] == each {
			return wire.Errorf(codeNotPermitted, "Default certificate cannot be removed from listener '%s'", l.arn)
		}
	}
	l.additional = slices.DeleteFunc(slices.Clone(l.additional), func(arn string) bool {
		return slices.Contains(removed, certificate{arn})
	})
	return nil
}

// CertificateUsers returns the ARNs of the load balancers that have a certificate.
func (s *Service) CertificateUsers(certificateARN string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var users []string
	for _, each := range s.listeners {
		if slices.Contains(each.certificateARNs(), certificateARN) {
			users = append(users, each.LoadBalancerArn)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// Create adds certificates to a listener. The physical id is made of their ARNs and the listener's.
func (p *certificateProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted certificateProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[wanted.ListenerArn]
	if !ok {
		return resource.Result{}, failure(errListenerNotFound())
	}
	if err := p.addCertificates(found, wanted.Certificates); err != nil {
		return resource.Result{}, failure(err)
	}
	return certificateResult(wanted.id()), nil
}

// id is how CloudFormation writes it in public logs: certificate|listener.
func (p *certificateProperties) id() string {
	var arns []string
	for _, each := range p.Certificates {
		arns = append(arns, each.CertificateArn)
	}
	return strings.Join(append(arns, p.ListenerArn), "|")
}

func certificateResult(id string) resource.Result {
	return resource.Result{PhysicalID: id, Attributes: map[string]any{"Id": id}}
}

// Update adds the certificates that are new and removes those that are gone.
func (p *certificateProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted, before certificateProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if err := props.Decode(r.Previous, &before); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[wanted.ListenerArn]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	if err := p.addCertificates(found, wanted.Certificates); err != nil {
		return resource.Result{}, failure(err)
	}
	obsolete := slices.DeleteFunc(before.Certificates, func(old certificate) bool {
		return slices.Contains(wanted.Certificates, old)
	})
	if err := found.removeCertificates(obsolete); err != nil {
		return resource.Result{}, failure(err)
	}
	return certificateResult(r.PhysicalID), nil
}

// Delete takes the certificates from the listener.
func (p *certificateProvider) Delete(_ context.Context, r resource.Request) error {
	var last certificateProperties
	if err := props.Decode(r.Properties, &last); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[last.ListenerArn]
	if !ok {
		return nil
	}
	return failure(found.removeCertificates(last.Certificates))
}

// Read returns those of the certificates that the listener still has.
func (p *certificateProvider) Read(r resource.Request) (resource.Properties, bool) {
	var wanted certificateProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return nil, false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.listeners[wanted.ListenerArn]
	if !ok {
		return nil, false
	}
	left := []any{}
	for _, each := range wanted.Certificates {
		if slices.Contains(found.additional, each.CertificateArn) {
			left = append(left, plainly(each))
		}
	}
	if len(left) == 0 {
		return nil, false
	}
	return resource.Properties{"ListenerArn": wanted.ListenerArn, "Certificates": left}, true
}
