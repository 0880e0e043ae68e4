package elb

import (
	"crypto/tls"
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// policyTable has a security policy on each line: its name, protocols and ciphers in OpenSSL's names ("Security policies
// for your Application Load Balancer", user guide). The policies of FIPS are not there.
//
//go:embed policies.txt
var policyTable string

// policy is a security policy.
type policy struct {
	name               string
	protocols, ciphers []string
}

//nolint:gochecknoglobals // a cache of embedded, immutable data
var policies = sync.OnceValue(func() map[string]policy {
	table := make(map[string]policy)
	for line := range strings.Lines(policyTable) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), "|")
		protocols, ciphers, _ := strings.Cut(rest, "|")
		table[name] = policy{name: name, protocols: strings.Fields(protocols), ciphers: strings.Fields(ciphers)}
	}
	return table
})

// versions of TLS by the names of policies.
func tlsVersion(name string) uint16 {
	switch name {
	case "TLSv1":
		return tls.VersionTLS10
	case "TLSv1.1":
		return tls.VersionTLS11
	case "TLSv1.2":
		return tls.VersionTLS12
	default:
		return tls.VersionTLS13
	}
}

// opensslNames are Go's ciphers of TLS before 1.3 by the names of policies. Those that Go lacks (AES256-SHA384 and
// the like) are shown but never chosen.
func opensslNames() map[string]uint16 {
	return map[string]uint16{
		"ECDHE-ECDSA-AES128-GCM-SHA256": tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
		"ECDHE-RSA-AES128-GCM-SHA256":   tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
		"ECDHE-ECDSA-AES256-GCM-SHA384": tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
		"ECDHE-RSA-AES256-GCM-SHA384":   tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		"ECDHE-ECDSA-AES128-SHA256":     tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256,
		"ECDHE-RSA-AES128-SHA256":       tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
		"ECDHE-ECDSA-AES128-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA,
		"ECDHE-RSA-AES128-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
		"ECDHE-ECDSA-AES256-SHA":        tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA,
		"ECDHE-RSA-AES256-SHA":          tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
		"AES128-GCM-SHA256":             tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		"AES256-GCM-SHA384":             tls.TLS_RSA_WITH_AES_256_GCM_SHA384,
		"AES128-SHA256":                 tls.TLS_RSA_WITH_AES_128_CBC_SHA256,
		"AES128-SHA":                    tls.TLS_RSA_WITH_AES_128_CBC_SHA,
		"AES256-SHA":                    tls.TLS_RSA_WITH_AES_256_CBC_SHA,
		"DES-CBC3-SHA":                  tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	}
}

// cipherName is a cipher in OpenSSL's words, as X-Amzn-Tls-Cipher-Suite has it.
func cipherName(id uint16) string {
	for name, known := range opensslNames() {
		if known == id {
			return name
		}
	}
	return tls.CipherSuiteName(id) // of TLS 1.3, which both call alike
}

func versionName(version uint16) string {
	return strings.Replace(strings.Replace(tls.VersionName(version), "TLS ", "TLSv", 1), "TLSv1.0", "TLSv1", 1)
}

// configure sets the versions and ciphers of a policy.
func (p policy) configure(config *tls.Config) {
	config.MinVersion, config.MaxVersion = tls.VersionTLS13, tls.VersionTLS10
	for _, name := range p.protocols {
		config.MinVersion = min(config.MinVersion, tlsVersion(name))
		config.MaxVersion = max(config.MaxVersion, tlsVersion(name))
	}
	known := opensslNames()
	for _, name := range p.ciphers {
		if id, ok := known[name]; ok {
			config.CipherSuites = append(config.CipherSuites, id)
		}
	}
}

// alpnProtocols are what a network load balancer negotiates by a policy.
func alpnProtocols(policy string) ([]string, bool) {
	switch policy {
	case "None":
		return nil, true
	case "HTTP1Only":
		return []string{"http/1.1", "http/1.0"}, true
	case "HTTP2Only":
		return []string{"h2"}, true
	case "HTTP2Optional":
		return []string{"http/1.1", "http/1.0", "h2"}, true
	case "HTTP2Preferred":
		return []string{"h2", "http/1.1", "http/1.0"}, true
	default:
		return nil, false
	}
}

// secureConfig is how a listener shakes hands with a client. Call it locked.
func (s *Service) secureConfig(owner *balancer, l *listener, hello *tls.ClientHelloInfo) *tls.Config {
	config := &tls.Config{}
	policies()[l.SslPolicy].configure(config)
	switch {
	case l.Protocol == protocolTLS:
		if len(l.AlpnPolicy) > 0 {
			config.NextProtos, _ = alpnProtocols(l.AlpnPolicy[0])
		}
	case is(owner.attributes, http2Enabled):
		config.NextProtos = []string{"h2", "http/1.1"}
	default:
		config.NextProtos = []string{"http/1.1"}
	}
	if chosen := s.choose(l, hello); chosen != nil {
		config.Certificates = []tls.Certificate{*chosen}
	}
	return config
}

// choose returns the first certificate that the client takes for the name it asks for, and else the default one ("SSL
// certificates", user guide; the finer rules among several that fit are left out).
func (s *Service) choose(l *listener, hello *tls.ClientHelloInfo) *tls.Certificate {
	var usable []*tls.Certificate
	for _, arn := range l.certificateARNs() {
		if found, ok := s.certificates(l.place, arn); ok && found != nil {
			usable = append(usable, found)
		}
	}
	if len(usable) == 0 {
		return nil
	}
	fits := slices.IndexFunc(usable, func(candidate *tls.Certificate) bool {
		return hello.ServerName != "" && hello.SupportsCertificate(candidate) == nil
	})
	return usable[max(fits, 0)]
}
