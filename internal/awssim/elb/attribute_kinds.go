package elb

// Attributes of load balancers that are acted on.
const (
	idleTimeout        = "idle_timeout.timeout_seconds"
	deletionProtection = "deletion_protection.enabled"
	dropInvalid        = "routing.http.drop_invalid_header_fields.enabled"
	forwardedPort      = "routing.http.xff_client_port.enabled"
	forwardedMode      = "routing.http.xff_header_processing.mode"
	preserveHost       = "routing.http.preserve_host_header.enabled"
	tellCipher         = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
	http2Enabled       = "routing.http2.enabled"
)

// Attributes of target groups that are acted on.
const (
	deregistrationDelay = "deregistration_delay.timeout_seconds"
	algorithm           = "load_balancing.algorithm.type"
	slowStart           = "slow_start.duration_seconds"
	stickyEnabled       = "stickiness.enabled"
	stickyType          = "stickiness.type"
	appCookieName       = "stickiness.app_cookie.cookie_name"
	appCookieSeconds    = "stickiness.app_cookie.duration_seconds"
	stickySeconds       = "stickiness.lb_cookie.duration_seconds"
	minHealthy          = "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count"
)

// tcpIdleTimeout is an attribute of the listeners of network load balancers.
const tcpIdleTimeout = "tcp.idle_timeout.seconds"

// serverHeader is an attribute of listeners: whether answers name their server.
const serverHeader = "routing.http.response.server.enabled"

// Types of stickiness: by a cookie of the load balancer, or by one of the application.
const (
	byBalancer    = "lb_cookie"
	byApplication = "app_cookie"
)

const (
	roundRobin       = "round_robin"
	leastOutstanding = "least_outstanding_requests"
	weightedRandom   = "weighted_random"
)

// Defaults and ranges are those of the API reference (LoadBalancerAttribute, TargetGroupAttribute, ListenerAttribute).

// logs are attributes that name where AWS would write logs. They are stored; nothing is written.
func logAttributes(kinds attributeKinds, names ...string) attributeKinds {
	for _, name := range names {
		kinds[name+".s3.enabled"] = attributeKind{"false", boolean()}
		kinds[name+".s3.bucket"] = attributeKind{"", anything}
		kinds[name+".s3.prefix"] = attributeKind{"", anything}
	}
	return kinds
}

func applicationAttributes() attributeKinds {
	const longestIdle, shortestAlive, longestAlive = 4000, 60, 604800
	return logAttributes(attributeKinds{
		idleTimeout:                           {"60", between(1, longestIdle)},
		deletionProtection:                    {"false", boolean()},
		"client_keep_alive.seconds":           {"3600", between(shortestAlive, longestAlive)},
		"ipv6.deny_all_igw_traffic":           {"false", boolean()},
		"load_balancing.cross_zone.enabled":   {"true", nil},
		"routing.http.desync_mitigation_mode": {"defensive", oneOf("monitor", "defensive", "strictest")},
		dropInvalid:                           {"false", boolean()},
		preserveHost:                          {"false", boolean()},
		tellCipher:                            {"false", boolean()},
		forwardedPort:                         {"false", boolean()},
		forwardedMode:                         {"append", oneOf("append", "preserve", "remove")},
		http2Enabled:                          {"true", boolean()},
		"waf.fail_open.enabled":               {"false", boolean()},
		"zonal_shift.config.enabled":          {"false", boolean()},
	}, "access_logs", "connection_logs", "health_check_logs")
}

func networkAttributes() attributeKinds {
	return logAttributes(attributeKinds{
		deletionProtection:                       {"false", boolean()},
		"ipv6.deny_all_igw_traffic":              {"false", boolean()},
		"load_balancing.cross_zone.enabled":      {"false", boolean()},
		"dns_record.client_routing_policy":       {"any_availability_zone", anything},
		"secondary_ips.auto_assigned.per_subnet": {"0", nil},
		"zonal_shift.config.enabled":             {"false", boolean()},
	}, "access_logs")
}

// groupAttributes are those of a target group for an application or, by protocol, a network load balancer.
func groupAttributes(protocol string) attributeKinds {
	const longestDelay, longestStick, most = 3600, 604800, 1000
	kinds := attributeKinds{
		deregistrationDelay:                 {"300", between(0, longestDelay)},
		stickyEnabled:                       {"false", boolean()},
		"load_balancing.cross_zone.enabled": {"use_load_balancer_configuration", oneOf("true", "false")},
		minHealthy:                          {"1", between(1, most)},
		"target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": {"off", nil},
		"target_group_health.dns_failover.minimum_healthy_targets.count":                 {"1", nil},
		"target_group_health.dns_failover.minimum_healthy_targets.percentage":            {"off", nil},
	}
	if isNetwork(protocol) {
		kinds[stickyType] = attributeKind{"source_ip", nil}
		kinds["preserve_client_ip.enabled"] = attributeKind{"false", nil}
		kinds["proxy_protocol_v2.enabled"] = attributeKind{"false", nil}
		kinds["deregistration_delay.connection_termination.enabled"] = attributeKind{"false", boolean()}
		kinds["target_health_state.unhealthy.connection_termination.enabled"] = attributeKind{"true", nil}
		kinds["target_health_state.unhealthy.draining_interval_seconds"] = attributeKind{"0", nil}
		return kinds
	}
	kinds[stickyType] = attributeKind{byBalancer, oneOf(byBalancer, byApplication)}
	kinds[stickySeconds] = attributeKind{"86400", between(1, longestStick)}
	kinds[appCookieName] = attributeKind{"", ownName}
	kinds[appCookieSeconds] = attributeKind{"86400", between(1, longestStick)}
	kinds[algorithm] = attributeKind{roundRobin, oneOf(roundRobin, leastOutstanding, weightedRandom)}
	kinds["load_balancing.algorithm.anomaly_mitigation"] = attributeKind{"off", nil}
	const shortestStart, longestStart = 30, 900
	kinds[slowStart] = attributeKind{"0", between(shortestStart, longestStart)}
	return kinds
}

// responseHeaders are the headers that a listener's attributes set in its answers.
func responseHeaders() map[string]string {
	const prefix, suffix = "routing.http.response.", ".header_value"
	return map[string]string{
		prefix + "strict_transport_security" + suffix:        "Strict-Transport-Security",
		prefix + "access_control_allow_origin" + suffix:      "Access-Control-Allow-Origin",
		prefix + "access_control_allow_methods" + suffix:     "Access-Control-Allow-Methods",
		prefix + "access_control_allow_headers" + suffix:     "Access-Control-Allow-Headers",
		prefix + "access_control_allow_credentials" + suffix: "Access-Control-Allow-Credentials",
		prefix + "access_control_expose_headers" + suffix:    "Access-Control-Expose-Headers",
		prefix + "access_control_max_age" + suffix:           "Access-Control-Max-Age",
		prefix + "content_security_policy" + suffix:          "Content-Security-Policy",
		prefix + "x_content_type_options" + suffix:           "X-Content-Type-Options",
		prefix + "x_frame_options" + suffix:                  "X-Frame-Options",
	}
}

func listenerAttributes(protocol string) attributeKinds {
	const shortest, longest = 60, 6000
	switch protocol {
	case protocolTCP:
		return attributeKinds{tcpIdleTimeout: {"350", between(shortest, longest)}}
	case protocolTLS:
		return attributeKinds{}
	}
	kinds := attributeKinds{serverHeader: {"true", boolean()}}
	for key := range responseHeaders() {
		kinds[key] = attributeKind{"", anything}
	}
	return kinds
}
