package elb

import (
	"slices"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/elb/login"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Types of actions that are acted on.
const (
	actionForward  = "forward"
	actionRedirect = "redirect"
	actionFixed    = "fixed-response"
	actionOIDC     = "authenticate-oidc"
)

// action is one of a rule's actions, as properties and operations write it.
type action struct {
	Type                   string
	Order                  int
	TargetGroupArn         string
	ForwardConfig          *forwardConfig
	RedirectConfig         *redirectConfig
	FixedResponseConfig    *fixedResponse
	AuthenticateOidcConfig *login.Config
	// These are only read to be refused by their name.
	AuthenticateCognitoConfig any
	JwtValidationConfig       any
}

type forwardConfig struct {
	TargetGroups                []weightedGroup
	TargetGroupStickinessConfig *groupStickiness
}

type groupStickiness struct {
	Enabled         bool
	DurationSeconds int
}

type weightedGroup struct {
	TargetGroupArn string
	Weight         *int
}

type redirectConfig struct{ Protocol, Host, Port, Path, Query, StatusCode string }

type fixedResponse struct{ StatusCode, ContentType, MessageBody string }

// groups are the target groups that an action forwards to, with their weights.
func (a *action) groups() []weightedGroup {
	if a.ForwardConfig != nil && len(a.ForwardConfig.TargetGroups) > 0 {
		return a.ForwardConfig.TargetGroups
	}
	if a.TargetGroupArn != "" {
		return []weightedGroup{{TargetGroupArn: a.TargetGroupArn}}
	}
	return nil
}

func (g weightedGroup) weight() int {
	if g.Weight == nil {
		return 1
	}
	return *g.Weight
}

// routing is the action that comes last: it answers or forwards.
func routing(actions []action) *action {
	last := 0
	for i := range actions {
		if actions[i].Order > actions[last].Order {
			last = i
		}
	}
	return &actions[last]
}

// loginOf is how users log in before the routing action; nil if they need not.
func loginOf(actions []action) *login.Config {
	for i := range actions {
		if actions[i].Type == actionOIDC {
			return actions[i].AuthenticateOidcConfig
		}
	}
	return nil
}

// checkActions refuses actions that a listener of a load balancer cannot have, and completes those that it can: also from
// the actions that there were before. Call it locked.
func (s *Service) checkActions(owner *balancer, protocol string, actions, before []action) error {
	if err := checkSequence(protocol, actions); err != nil {
		return err
	}
	for i := range actions {
		if actions[i].Type == actionOIDC {
			if err := checkLogin(&actions[i], before); err != nil {
				return err
			}
		}
	}
	last := routing(actions)
	if owner.Type == networkType && last.Type != actionForward {
		return wire.Errorf(codeInvalidAction, "The action type '%s' is not valid with network load balancers", last.Type)
	}
	switch last.Type {
	case actionForward:
		return s.checkForward(owner, protocol, last)
	case actionRedirect:
		return checkRedirect(last.RedirectConfig, protocol)
	case actionFixed:
		return checkFixed(last.FixedResponseConfig)
	default:
		return refused("the action type " + last.Type)
	}
}

// checkSequence refuses all but one routing action at the end, and a login before it at most (Action, API reference). Its
// words are believed, but for those about HTTPS, which are quoted.
func checkSequence(protocol string, actions []action) error {
	logins, orders := 0, make(map[int]bool)
	for i := range actions {
		switch kind := actions[i].Type; kind {
		case "authenticate-cognito", "jwt-validation":
			return refused("the action type " + kind)
		case actionOIDC:
			if protocol != protocolHTTPS {
				return wire.Errorf(codeInvalidAction, "Actions of type '%s' are supported only on HTTPS listeners", kind)
			}
			logins++
		}
		orders[actions[i].Order] = true
	}
	const most = 1
	switch {
	case len(actions)-logins != 1, logins > most:
		return wire.Errorf(codeInvalidAction, "Exactly one action of type 'forward', 'redirect' or 'fixed-response' must be specified")
	case len(orders) != len(actions), len(actions) > 1 && orders[0]:
		return wire.Errorf(codeInvalidAction, "An order must be specified for each action if there is more than one")
	case routing(actions).Type == actionOIDC:
		return wire.Errorf(codeInvalidAction, "The last action must be of type 'forward', 'redirect' or 'fixed-response'")
	}
	return nil
}

func checkLogin(given *action, before []action) error {
	if given.AuthenticateOidcConfig == nil {
		return invalid("An authenticate-oidc action must have an AuthenticateOidcConfig")
	}
	given.AuthenticateOidcConfig.Complete(loginOf(before))
	if err := given.AuthenticateOidcConfig.Check(); err != nil {
		return wire.Errorf(codeInvalidAction, "%v", err)
	}
	return nil
}

func (s *Service) checkForward(owner *balancer, protocol string, given *action) error {
	const mostGroups, mostWeight, longest = 5, 999, 604800
	groups := given.groups()
	if len(groups) == 0 || len(groups) > mostGroups {
		return invalid("Between 1 and %d target groups must be specified for a forward action", mostGroups)
	}
	if given.ForwardConfig != nil && given.ForwardConfig.TargetGroupStickinessConfig != nil {
		sticky := given.ForwardConfig.TargetGroupStickinessConfig
		if sticky.Enabled && outside(sticky.DurationSeconds, 1, longest) {
			return invalid("Target group stickiness duration must be between 1 and %d seconds", longest)
		}
	}
	for _, weighted := range groups {
		found, ok := s.groups[weighted.TargetGroupArn]
		if !ok {
			return wire.Errorf(codeGroupNotFound, "Target groups '%s' not found", weighted.TargetGroupArn)
		}
		if outside(weighted.weight(), 0, mostWeight) {
			return invalid("Target group weight must be between 0 and %d", mostWeight)
		}
		if err := s.checkGroupFits(owner, protocol, found); err != nil {
			return err
		}
	}
	return s.checkWeighted(groups)
}

// checkGroupFits refuses a target group whose protocol its listener does not speak, or that another load balancer has.
func (s *Service) checkGroupFits(owner *balancer, protocol string, found *group) error {
	for _, user := range s.balancersOf(found.arn) {
		if user != owner.arn {
			return wire.Errorf("TargetGroupAssociationLimit",
				"The following target groups cannot be associated with more than one load balancer: %s", found.arn)
		}
	}
	if isNetwork(found.Protocol) != isNetwork(protocol) || (protocol == protocolTCP && found.Protocol == protocolTLS) {
		return wire.Errorf(codeIncompatibleProtocols,
			"The listener and the following target groups have incompatible protocols: %s", found.arn)
	}
	if protocol == protocolHTTP && found.ProtocolVersion != versionHTTP1 {
		return wire.Errorf(codeInvalidAction,
			"Listener protocol 'HTTP' is not supported with a target group with the protocol-version '%s'", found.ProtocolVersion)
	}
	return nil
}

func checkRedirect(to *redirectConfig, protocol string) error {
	switch {
	case to == nil:
		return invalid("A redirect action must have a RedirectConfig")
	case redirectStatus(to.StatusCode) == 0:
		return invalid("The status code '%s' of a redirect must be one of 'HTTP_301, HTTP_302'", to.StatusCode)
	case !slices.Contains([]string{"", "#{protocol}", protocolHTTP, protocolHTTPS}, to.Protocol):
		return invalid("The protocol '%s' of a redirect must be one of 'HTTP, HTTPS, #{protocol}'", to.Protocol)
	case to.Protocol == protocolHTTP && protocol == protocolHTTPS:
		return wire.Errorf(codeInvalidAction, "You cannot redirect HTTPS to HTTP")
	}
	if to.Port != "" && to.Port != "#{port}" {
		if port, err := strconv.Atoi(to.Port); err != nil || outside(port, 1, maxPort) {
			return invalid("The port '%s' of a redirect must be '#{port}' or between 1 and %d", to.Port, maxPort)
		}
	}
	same := otherwise(to.Protocol, "#{protocol}") == "#{protocol}" && otherwise(to.Host, "#{host}") == "#{host}" &&
		otherwise(to.Port, "#{port}") == "#{port}" && otherwise(to.Path, "/#{path}") == "/#{path}"
	if same {
		return wire.Errorf(codeInvalidAction, "The redirect configuration is not valid because it creates a loop.")
	}
	return nil
}

func checkFixed(fixed *fixedResponse) error {
	if fixed == nil {
		return invalid("A fixed-response action must have a FixedResponseConfig")
	}
	const longest = 1024
	code, err := strconv.Atoi(fixed.StatusCode)
	if err != nil || !slices.Contains([]int{2, 4, 5}, code/100) {
		return invalid("The status code '%s' of a fixed response must be 2XX, 4XX or 5XX", fixed.StatusCode)
	}
	types := []string{"", "text/plain", "text/css", "text/html", "application/javascript", "application/json"}
	if !slices.Contains(types, fixed.ContentType) {
		return invalid("The content type '%s' of a fixed response is not valid", fixed.ContentType)
	}
	if len(fixed.MessageBody) > longest {
		return invalid("The message body of a fixed response cannot be longer than %d characters", longest)
	}
	return nil
}
