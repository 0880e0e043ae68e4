package elb

import (
	"context"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeListenersInput struct {
	LoadBalancerArn string
	ListenerArns    []string
	Marker          string
	PageSize        *int
}

type describedListener struct {
	ListenerArn          string
	LoadBalancerArn      string
	Port                 int
	Protocol             string
	SslPolicy            string
	Certificates         []certificate
	AlpnPolicy           []string
	DefaultActions       []describedAction
	MutualAuthentication *describedMutual
}

type describedMutual struct{ Mode string }

func (l *listener) describe() describedListener {
	described := describedListener{
		ListenerArn: l.arn, LoadBalancerArn: l.LoadBalancerArn, Port: l.Port, Protocol: l.Protocol, SslPolicy: l.SslPolicy,
		Certificates: l.Certificates, AlpnPolicy: l.AlpnPolicy, DefaultActions: describeActions(l.defaults.Actions),
	}
	if l.Protocol == protocolHTTPS {
		described.MutualAuthentication = &describedMutual{"off"}
	}
	return described
}

type describeListenersOutput struct {
	Listeners  []describedListener
	NextMarker string
}

// describedAction is an action as answers write it: a forward action always has its ForwardConfig.
type describedAction struct {
	Type                string
	Order               *int
	TargetGroupArn      string
	ForwardConfig       *describedForward
	RedirectConfig      *redirectConfig
	FixedResponseConfig *fixedResponse

	AuthenticateOidcConfig *describedLogin
}

// describedLogin is how users log in, without the secret.
type describedLogin struct {
	Issuer                           string
	AuthorizationEndpoint            string
	TokenEndpoint                    string
	UserInfoEndpoint                 string
	ClientId                         string //nolint:staticcheck // as the property is called
	SessionCookieName                string
	Scope                            string
	SessionTimeout                   int
	AuthenticationRequestExtraParams map[string]string
	OnUnauthenticatedRequest         string
}

func describeLogin(how *login.Config) *describedLogin {
	if how == nil {
		return nil
	}
	return &describedLogin{
		how.Issuer, how.AuthorizationEndpoint, how.TokenEndpoint, how.UserInfoEndpoint, how.ClientId, how.SessionCookieName,
		how.Scope, how.SessionTimeout, how.AuthenticationRequestExtraParams, how.OnUnauthenticatedRequest,
	}
}

type describedForward struct {
	TargetGroups                []weightedGroup
	TargetGroupStickinessConfig describedStickiness
}

type describedStickiness struct {
	Enabled         bool
	DurationSeconds *int
}

func describeActions(actions []action) []describedAction {
	described := []describedAction{}
	for i := range actions {
		given := &actions[i]
		one := describedAction{
			Type: given.Type, RedirectConfig: given.RedirectConfig, FixedResponseConfig: given.FixedResponseConfig,
			AuthenticateOidcConfig: describeLogin(given.AuthenticateOidcConfig),
		}
		if given.Order != 0 {
			one.Order = &given.Order
		}
		if groups := given.groups(); len(groups) > 0 {
			one.ForwardConfig = &describedForward{}
			for _, group := range groups {
				weighted := weightedGroup{TargetGroupArn: group.TargetGroupArn, Weight: new(group.weight())}
				one.ForwardConfig.TargetGroups = append(one.ForwardConfig.TargetGroups, weighted)
			}
			if given.ForwardConfig != nil && given.ForwardConfig.TargetGroupStickinessConfig != nil {
				one.ForwardConfig.TargetGroupStickinessConfig = given.ForwardConfig.TargetGroupStickinessConfig.describe()
			}
			if len(groups) == 1 {
				one.TargetGroupArn = groups[0].TargetGroupArn
			}
		}
		described = append(described, one)
	}
	return described
}

func (g *groupStickiness) describe() describedStickiness {
	described := describedStickiness{Enabled: g.Enabled}
	if g.DurationSeconds != 0 {
		described.DurationSeconds = &g.DurationSeconds
	}
	return described
}

func (s *Service) describeListeners(
	_ context.Context, call *wire.Call, in *describeListenersInput,
) (*describeListenersOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.LoadBalancerArn != "" {
		if _, ok := s.balancers[in.LoadBalancerArn]; !ok {
			return nil, errBalancerNotFound()
		}
	} else if len(in.ListenerArns) == 0 {
		return nil, wire.Errorf("ValidationError", "You must specify either listener ARNs or a load balancer ARN")
	}
	found := []describedListener{}
	names := make(map[string]bool)
	for _, candidate := range s.listeners {
		if inPlace(candidate.arn, call.Place()) && selected(in.ListenerArns, candidate.arn) &&
			(in.LoadBalancerArn == "" || in.LoadBalancerArn == candidate.LoadBalancerArn) {
			found = append(found, candidate.describe())
			names[candidate.arn] = true
		}
	}
	if len(lacking(in.ListenerArns, names)) > 0 {
		return nil, errListenerNotFound()
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, func(l describedListener) string { return l.ListenerArn })
	return &describeListenersOutput{Listeners: page, NextMarker: next}, err
}

type describeRulesInput struct {
	ListenerArn string
	RuleArns    []string
	Marker      string
	PageSize    *int
}

type describedRule struct {
	RuleArn    string
	Priority   string
	Conditions []condition
	Actions    []describedAction
	IsDefault  bool
	Transforms []transform
}

type describeRulesOutput struct {
	Rules      []describedRule
	NextMarker string
}

func (s *Service) describeRules(_ context.Context, call *wire.Call, in *describeRulesInput) (*describeRulesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.ListenerArn != "" {
		if _, ok := s.listeners[in.ListenerArn]; !ok {
			return nil, errListenerNotFound()
		}
	} else if len(in.RuleArns) == 0 {
		return nil, wire.Errorf("ValidationError", "You must specify either listener rule ARNs or a listener ARN")
	}
	found := []describedRule{}
	names := make(map[string]bool)
	for _, candidate := range s.rules {
		if inPlace(candidate.arn, call.Place()) && selected(in.RuleArns, candidate.arn) &&
			(in.ListenerArn == "" || in.ListenerArn == candidate.listener.arn) {
			found = append(found, candidate.describe())
			names[candidate.arn] = true
		}
	}
	if len(lacking(in.RuleArns, names)) > 0 {
		return nil, errRuleNotFound()
	}
	page, next, err := pageOf(found, in.Marker, in.PageSize, ruleOrder)
	return &describeRulesOutput{Rules: page, NextMarker: next}, err
}

func (r *rule) describe() describedRule {
	described := describedRule{
		RuleArn: r.arn, Priority: lastPriority, Conditions: []condition{},
		Actions: describeActions(r.Actions), IsDefault: r.Priority == 0, Transforms: r.Transforms,
	}
	for i := range r.Conditions {
		described.Conditions = append(described.Conditions, r.Conditions[i].described())
	}
	if r.Priority != 0 {
		described.Priority = strconv.Itoa(r.Priority)
	}
	return described
}

// ruleOrder sorts rules by priority, the default last.
func ruleOrder(r describedRule) string {
	const digits = 10
	padded := r.Priority
	for len(padded) < digits && !r.IsDefault {
		padded = "0" + padded
	}
	return padded + " " + r.RuleArn
}
