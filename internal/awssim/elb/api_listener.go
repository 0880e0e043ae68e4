package elb

import (
	"context"
	"slices"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type createListenerInput struct {
	listenerSpec

	Tags []props.Tag
}

func (s *Service) createListener(
	_ context.Context, call *wire.Call, in *createListenerInput,
) (*describeListenersOutput, error) {
	tags, err := uniqueTags(in.Tags)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.addListener(call.Place(), in.listenerSpec, nil, tags)
	if err != nil {
		return nil, err
	}
	return &describeListenersOutput{Listeners: []describedListener{made.describe()}}, nil
}

type modifyListenerInput struct {
	ListenerArn          string
	Port                 int
	Protocol             string
	SslPolicy            string
	Certificates         []certificate
	AlpnPolicy           []string
	DefaultActions       []action
	MutualAuthentication *mutualAuthentication
}

// modifyListener changes what is given. The certificates and policies of a listener that is no longer secure go.
func (s *Service) modifyListener(
	_ context.Context, _ *wire.Call, in *modifyListenerInput,
) (*describeListenersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	wanted := found.listenerSpec
	wanted.DefaultActions = found.defaults.Actions
	wanted.Port, wanted.Protocol = positive(in.Port, wanted.Port), otherwise(in.Protocol, wanted.Protocol)
	if !wanted.secure() {
		wanted.SslPolicy, wanted.Certificates, wanted.AlpnPolicy = "", nil, nil
	}
	wanted.SslPolicy = otherwise(in.SslPolicy, wanted.SslPolicy)
	if len(in.Certificates) > 0 {
		wanted.Certificates = in.Certificates
	}
	if len(in.AlpnPolicy) > 0 {
		wanted.AlpnPolicy = in.AlpnPolicy
	}
	if len(in.DefaultActions) > 0 {
		wanted.DefaultActions = in.DefaultActions
	}
	wanted.MutualAuthentication = in.MutualAuthentication
	if err := s.changeListener(found, wanted); err != nil {
		return nil, err
	}
	return &describeListenersOutput{Listeners: []describedListener{found.describe()}}, nil
}

func (s *Service) deleteListener(_ context.Context, _ *wire.Call, in *listenerInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	s.removeListener(found)
	return new(emptyOutput), nil
}

type certificatesInput struct {
	ListenerArn  string
	Certificates []certificate
}

type certificatesOutput struct{ Certificates []describedCertificate }

type describedCertificate struct {
	CertificateArn string
	IsDefault      bool
}

func (s *Service) addListenerCertificates(
	_ context.Context, _ *wire.Call, in *certificatesInput,
) (*certificatesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	if err := s.addCertificates(found, in.Certificates); err != nil {
		return nil, err
	}
	out := &certificatesOutput{}
	for _, each := range in.Certificates {
		out.Certificates = append(out.Certificates, describedCertificate{each.CertificateArn, false})
	}
	return out, nil
}

func (s *Service) removeListenerCertificates(_ context.Context, _ *wire.Call, in *certificatesInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	return new(emptyOutput), found.removeCertificates(in.Certificates)
}

type describeCertificatesInput struct {
	ListenerArn string
	Marker      string
	PageSize    *int
}

type describeCertificatesOutput struct {
	Certificates []describedCertificate
	NextMarker   string
}

func (s *Service) describeListenerCertificates(
	_ context.Context, _ *wire.Call, in *describeCertificatesInput,
) (*describeCertificatesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.listeners[in.ListenerArn]
	if !ok {
		return nil, errListenerNotFound()
	}
	all := []describedCertificate{}
	for i, arn := range found.certificateARNs() {
		all = append(all, describedCertificate{arn, i == 0})
	}
	page, next, err := pageOf(all, in.Marker, in.PageSize, func(c describedCertificate) string { return c.CertificateArn })
	return &describeCertificatesOutput{Certificates: page, NextMarker: next}, err
}

type describePoliciesInput struct {
	Names            []string
	Marker           string
	PageSize         *int
	LoadBalancerType string
}

type cipher struct {
	Name     string
	Priority int
}

type sslPolicy struct {
	Name                       string
	SslProtocols               []string
	Ciphers                    []cipher
	SupportedLoadBalancerTypes []string
}

type describePoliciesOutput struct {
	SslPolicies []sslPolicy
	NextMarker  string
}

// describeSSLPolicies tells the policies; all of them are for both types of load balancers.
func (s *Service) describeSSLPolicies(
	_ context.Context, _ *wire.Call, in *describePoliciesInput,
) (*describePoliciesOutput, error) {
	if in.LoadBalancerType != "" && in.LoadBalancerType != applicationType && in.LoadBalancerType != networkType {
		return nil, invalid("Load balancer type '%s' must be one of 'application, network'", in.LoadBalancerType)
	}
	for _, name := range in.Names {
		if _, ok := policies()[name]; !ok {
			return nil, wire.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", name)
		}
	}
	balancerTypes := []string{applicationType, networkType}
	found := []sslPolicy{}
	for name, known := range policies() {
		if len(in.Names) > 0 && !slices.Contains(in.Names, name) {
			continue
		}
		shown := sslPolicy{Name: name, SslProtocols: known.protocols, SupportedLoadBalancerTypes: balancerTypes}
		for i, each := range known.ciphers {
			shown.Ciphers = append(shown.Ciphers, cipher{each, i + 1})
		}
		found = append(found, shown)
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, func(p sslPolicy) string { return p.Name })
	return &describePoliciesOutput{SslPolicies: page, NextMarker: next}, err
}
