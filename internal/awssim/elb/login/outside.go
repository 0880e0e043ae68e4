package login

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
)

// Outside is how load balancers reach identity providers: addresses ("idp.example.com:443") lead where they are said to,
// and the certificates of some authorities are trusted.
func Outside(leadsTo func(address string) string, trusted func() *x509.CertPool) http.RoundTripper {
	dialer := &net.Dialer{Timeout: patience}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, leadsTo(address))
	}
	secure := func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		host, _, _ := net.SplitHostPort(address) // an address has a port
		secured := tls.Client(connection, &tls.Config{ServerName: host, RootCAs: trusted(), MinVersion: tls.VersionTLS12})
		if err := secured.HandshakeContext(ctx); err != nil {
			_ = connection.Close()
			return nil, err //nolint:wrapcheck // the transport says where to
		}
		return secured, nil
	}
	return &http.Transport{DialContext: dial, DialTLSContext: secure, DisableKeepAlives: true}
}
