package elb

import (
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// lastPriority is the place of a listener's default actions among its rules.
const lastPriority = "default"

// listenerSpec is what a listener is asked to be, by a template or by CreateListener.
type listenerSpec struct {
	LoadBalancerArn      string
	Port                 int
	Protocol             string
	SslPolicy            string
	Certificates         []certificate
	AlpnPolicy           []string
	DefaultActions       []action
	MutualAuthentication *mutualAuthentication
}

// certificate names a certificate of a listener.
type certificate struct{ CertificateArn string }

// mutualAuthentication is only acted on when it is off.
type mutualAuthentication struct {
	Mode                          string
	TrustStoreArn                 string
	AdvertiseTrustStoreCaNames    string
	IgnoreClientCertificateExpiry bool
}

// listener is a listener of a load balancer.
type listener struct {
	listenerSpec

	arn        string
	place      resource.Place
	additional []string // ARNs of the certificates beside the default one
	defaults   *rule
	rules      []*rule // by priority, without the default
	attributes map[string]string
	tags       map[string]string
	own        *socket // its port: the load balancer's own may lead to another listener
}

func (s *listenerSpec) secure() bool { return s.Protocol == protocolHTTPS || s.Protocol == protocolTLS }

const (
	defaultPolicy = "ELBSecurityPolicy-2016-08"
	maxPort       = 65535
)

// checkListener refuses what a listener of a load balancer cannot be, and sets what was left out, also from the actions
// that it had before. Call it locked.
func (s *Service) checkListener(owner *balancer, spec *listenerSpec, before []action) error {
	protocols, refusedOnes := []string{protocolHTTP, protocolHTTPS}, []string{}
	names := "HTTP, HTTPS"
	if owner.Type == networkType {
		protocols, refusedOnes = []string{protocolTCP, protocolTLS}, []string{"UDP", "TCP_UDP", "QUIC", "TCP_QUIC"}
		names = "TLS, TCP, TCP_UDP, UDP"
	}
	switch {
	case spec.Protocol == "":
		return invalid("A listener protocol must be specified")
	case slices.Contains(refusedOnes, spec.Protocol):
		return refused("listeners of Protocol " + spec.Protocol)
	case !slices.Contains(protocols, spec.Protocol):
		return invalid("Listener protocol '%s' must be one of '%s'", spec.Protocol, names)
	case outside(spec.Port, 1, maxPort):
		return invalid("A listener port between 1 and %d must be specified", maxPort)
	case spec.MutualAuthentication != nil && otherwise(spec.MutualAuthentication.Mode, "off") != "off":
		return refused("MutualAuthentication of Mode " + spec.MutualAuthentication.Mode)
	}
	if err := s.checkSecurity(owner.place, spec); err != nil {
		return err
	}
	return s.checkActions(owner, spec.Protocol, spec.DefaultActions, before)
}

// checkSecurity refuses certificates and policies that are absent, unusable or out of place.
func (s *Service) checkSecurity(place resource.Place, spec *listenerSpec) error {
	if !spec.secure() {
		if len(spec.Certificates) > 0 || spec.SslPolicy != "" || len(spec.AlpnPolicy) > 0 {
			return misconfigured("Certificates, SSL policies and ALPN policies are not supported for %s listeners", spec.Protocol)
		}
		return nil
	}
	switch len(spec.Certificates) {
	case 0:
		return invalid("A certificate must be specified for %s listeners", spec.Protocol)
	case 1:
	default:
		return invalid("Only one certificate can be specified for a listener; add others with AddListenerCertificates")
	}
	spec.SslPolicy = otherwise(spec.SslPolicy, defaultPolicy)
	if _, ok := policies()[spec.SslPolicy]; !ok {
		return wire.Errorf("SSLPolicyNotFound", "SSL policy '%s' not found", spec.SslPolicy)
	}
	if err := checkALPN(spec); err != nil {
		return err
	}
	return s.checkCertificate(place, spec.Certificates[0].CertificateArn)
}

func checkALPN(spec *listenerSpec) error {
	if len(spec.AlpnPolicy) == 0 {
		return nil
	}
	if _, ok := alpnProtocols(spec.AlpnPolicy[0]); spec.Protocol != protocolTLS || len(spec.AlpnPolicy) > 1 || !ok {
		return wire.Errorf("ALPNPolicyNotFound", "ALPN policy '%s' is not supported", strings.Join(spec.AlpnPolicy, ", "))
	}
	return nil
}

func (s *Service) checkCertificate(place resource.Place, certificateARN string) error {
	if s.certificates == nil {
		return wire.Errorf(codeCertificateNotFound, "Certificate '%s' not found", certificateARN)
	}
	found, ok := s.certificates(place, certificateARN)
	switch {
	case !ok:
		return wire.Errorf(codeCertificateNotFound, "Certificate '%s' not found", certificateARN)
	case found == nil:
		return wire.Errorf("UnsupportedCertificate", "The certificate '%s' must have a fully-qualified domain name, "+
			"a supported signature, and a supported key size.", certificateARN)
	}
	return nil
}

// addListener adds a listener to its load balancer. Call it locked.
func (s *Service) addListener(
	place resource.Place, spec listenerSpec, attributes []attribute, tags map[string]string,
) (*listener, error) {
	owner, ok := s.balancers[spec.LoadBalancerArn]
	if !ok {
		return nil, wire.Errorf(codeBalancerNotFound, "Load balancer '%s' not found", spec.LoadBalancerArn)
	}
	for _, other := range s.listenersOf(owner.arn) {
		if other.Port == spec.Port {
			return nil, wire.Errorf(codeDuplicateListener,
				"A listener already exists on this port for this load balancer '%s'", owner.arn)
		}
	}
	if err := s.checkListener(owner, &spec, nil); err != nil {
		return nil, err
	}
	made := &listener{
		listenerSpec: spec, arn: arn(place, "listener/"+owner.fullName+"/"+hexID()), place: place, tags: tags,
	}
	kinds := listenerAttributes(spec.Protocol)
	var err error
	if made.attributes, err = kinds.merge(kinds.defaults(), attributes); err != nil {
		return nil, err
	}
	if made.own, err = s.listen(owner, made, anyPort); err != nil {
		return nil, err
	}
	made.defaults = &rule{arn: ruleARN(made), listener: made, ruleSpec: ruleSpec{Actions: spec.DefaultActions}}
	s.listeners[made.arn] = made
	s.rules[made.defaults.arn] = made.defaults
	return made, nil
}

func ruleARN(l *listener) string {
	return strings.Replace(l.arn, ":listener/", ":listener-rule/", 1) + "/" + hexID()
}

// changeListener gives a listener another shape. Call it locked.
func (s *Service) changeListener(changed *listener, spec listenerSpec) error {
	owner := s.balancers[changed.LoadBalancerArn]
	for _, other := range s.listenersOf(owner.arn) {
		if other != changed && other.Port == spec.Port {
			return invalid("Listener port '%d' is already in use", spec.Port) // hashicorp/terraform #26407
		}
	}
	if err := s.checkListener(owner, &spec, changed.defaults.Actions); err != nil {
		return err
	}
	if spec.Protocol != changed.Protocol {
		changed.attributes = listenerAttributes(spec.Protocol).defaults()
	}
	if !spec.secure() {
		changed.additional = nil
	}
	changed.listenerSpec, changed.defaults.Actions = spec, spec.DefaultActions
	return nil
}

// removeListener removes a listener with its rules. Call it locked.
func (s *Service) removeListener(removed *listener) {
	removed.own.close()
	delete(s.listeners, removed.arn)
	delete(s.rules, removed.defaults.arn)
	for _, rule := range removed.rules {
		delete(s.rules, rule.arn)
	}
}

func (l *listener) uses(groupARN string) bool {
	return l.defaults.uses(groupARN) || slices.ContainsFunc(l.rules, func(r *rule) bool { return r.uses(groupARN) })
}

// certificateARNs are the default certificate of a listener and those beside it.
func (l *listener) certificateARNs() []string {
	var all []string
	for _, each := range l.Certificates {
		all = append(all, each.CertificateArn)
	}
	return append(all, l.additional...)
}
