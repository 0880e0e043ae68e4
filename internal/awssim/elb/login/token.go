package login

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Headers that tell the target who came.
const (
	headerIdentity = "X-Amzn-Oidc-Identity"
	headerAccess   = "X-Amzn-Oidc-Accesstoken"
	headerData     = "X-Amzn-Oidc-Data"
)

// claimsLife is how long a target may believe the claims (believed).
const claimsLife = 2 * time.Minute

// headers tell a target about a session.
func (k *keys) headers(of *session, signer string) (http.Header, error) {
	data, err := k.sign(of, signer)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	header.Set(headerIdentity, of.Subject)
	header.Set(headerAccess, of.AccessToken)
	header.Set(headerData, data)
	return header, nil
}

// sign writes the claims as a JSON web token. Its parts are padded, which common libraries do not expect (user guide);
// beside the claims the payload has the token's exp and iss.
func (k *keys) sign(of *session, signer string) (string, error) {
	expires := time.Now().Add(claimsLife).Unix()
	claims := map[string]any{}
	if err := json.Unmarshal(of.Claims, &claims); err != nil {
		return "", fmt.Errorf("reading claims: %w", err)
	}
	maps.Copy(claims, map[string]any{"exp": expires, "iss": of.Issuer})
	var parts []string
	for _, part := range []any{map[string]any{
		"typ": "JWT", "kid": k.id, "alg": "ES256", "iss": of.Issuer, "client": of.Client, "signer": signer, "exp": expires,
	}, claims} {
		encoded, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("writing claims: %w", err)
		}
		parts = append(parts, base64.URLEncoding.EncodeToString(encoded))
	}
	text := strings.Join(parts, ".")
	digest := sha256.Sum256([]byte(text))
	first, second, err := ecdsa.Sign(rand.Reader, k.signer, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing claims: %w", err)
	}
	const half = 32 // bytes of a number of P-256
	signature := make([]byte, half+half)
	first.FillBytes(signature[:half])
	second.FillBytes(signature[half:])
	return text + "." + base64.URLEncoding.EncodeToString(signature), nil
}

// idToken are the claims of an ID token that are looked at.
type idToken struct {
	Issuer   string   `json:"iss"`
	Audience audience `json:"aud"`
	Expires  float64  `json:"exp"` // seconds since 1970
}

// audience is a text or a list of them.
type audience []string

// UnmarshalJSON reads either.
func (a *audience) UnmarshalJSON(content []byte) error {
	var one string
	if json.Unmarshal(content, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(content, (*[]string)(a)) //nolint:wrapcheck // part of reading a token
}

// valid says whether an ID token is for this client. It came from the token endpoint itself, so its signature is not
// verified (OpenID Connect Core, section 3.1.3.7): a load balancer is not told where the provider's keys are.
func (c *Config) valid(token string) bool {
	parts := strings.Split(token, ".")
	const three = 3
	if len(parts) != three {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	var claims idToken
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return false
	}
	return claims.Issuer == c.Issuer && slices.Contains(claims.Audience, c.ClientId) &&
		time.Now().Before(time.Unix(int64(claims.Expires), 0))
}
