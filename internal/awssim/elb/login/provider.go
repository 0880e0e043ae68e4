package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// mostClaims is how much claims and access token may have together (user guide: "11K in size").
const mostClaims = 11 << 10

// patience is how long an identity provider may take; believed.
const patience = 10 * time.Second

// tokens is what a token endpoint answers.
type tokens struct {
	AccessToken string  `json:"access_token"`
	IDToken     string  `json:"id_token"`
	Refresh     string  `json:"refresh_token"`
	Lasts       float64 `json:"expires_in"` // seconds
	Error       string  `json:"error"`
}

// exchange gets tokens for a grant and, for its access token, the user's claims.
func (g *Gate) exchange(ctx context.Context, how *Config, grant url.Values) (*session, *Failure) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	grant.Set("client_id", how.ClientId) // in the body (client_secret_post): believed
	grant.Set("client_secret", how.ClientSecret)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, how.TokenEndpoint, strings.NewReader(grant.Encode()))
	if err != nil {
		return nil, failed("AuthTokenEpRequestFailed")
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var given tokens
	status, err := g.ask(request, &given)
	switch {
	case status == 0:
		return nil, failed("AuthTokenEpRequestTimeout")
	case given.Error == "invalid_grant":
		return nil, failed("AuthInvalidGrantError")
	case status/100 != 2:
		return nil, failed("AuthTokenEpRequestFailed")
	case err != nil || given.AccessToken == "":
		return nil, failed("AuthInvalidTokenResponse")
	case given.IDToken == "" && grant.Get("grant_type") == refreshGrant: // which need not answer one
	case !how.valid(given.IDToken):
		return nil, failed("AuthInvalidIdToken")
	}
	made := &session{Issuer: how.Issuer, Client: how.ClientId, AccessToken: given.AccessToken, Refresh: given.Refresh}
	if given.Lasts > 0 {
		made.Stale = time.Now().Add(time.Duration(given.Lasts * float64(time.Second)))
	}
	return made, g.claims(ctx, how, made)
}

// claims asks who the user is.
func (g *Gate) claims(ctx context.Context, how *Config, into *session) *Failure {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, how.UserInfoEndpoint, http.NoBody)
	if err != nil {
		return failed("AuthUserinfoEpRequestFailed")
	}
	request.Header.Set("Authorization", "Bearer "+into.AccessToken)
	status, err := g.ask(request, &into.Claims)
	var known struct {
		Subject string `json:"sub"`
	}
	switch {
	case errors.Is(err, errTooLong) || len(into.Claims)+len(into.AccessToken) > mostClaims:
		return failed("AuthUserinfoResponseSizeExceeded")
	case status == 0:
		return failed("AuthUserinfoEpRequestTimeout")
	case status/100 != 2:
		return failed("AuthUserinfoEpRequestFailed")
	case err != nil || json.Unmarshal(into.Claims, &known) != nil || known.Subject == "":
		return failed("AuthInvalidUserinfoResponse")
	}
	into.Subject = known.Subject
	return nil
}

var errTooLong = errors.New("the answer is too long")

// ask sends a request and reads an answer in JSON. The status is 0 if there was none.
func (g *Gate) ask(request *http.Request, into any) (int, error) {
	request.Header.Set("Accept", "application/json")
	response, err := g.client.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking the identity provider: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	const longest = 64 << 10 // of tokens, which are not claims yet
	body, err := io.ReadAll(io.LimitReader(response.Body, longest+1))
	if err != nil {
		return 0, fmt.Errorf("reading the identity provider's answer: %w", err)
	}
	if len(body) > longest {
		return response.StatusCode, errTooLong
	}
	if kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type")); err != nil || !strings.HasSuffix(kind, "json") {
		return response.StatusCode, fmt.Errorf("the identity provider's answer is %q, not JSON", kind)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return response.StatusCode, fmt.Errorf("reading the identity provider's answer: %w", err)
	}
	return response.StatusCode, nil
}
