package awssim

import (
	"net/http"
	"strings"
)

// scope is what a SigV4 credential says: AKID/20260102/us-east-1/cloudformation/aws4_request.
type scope struct{ accessKey, region, service string }

// credentialParts is the number of parts of a credential: key, date, region, service, terminator.
const credentialParts = 5

// scopeOf reads the credential scope from the Authorization header, or from the query of a presigned
// request. The signature itself is not verified: every key is welcome.
func scopeOf(r *http.Request) (scope, bool) {
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		credential, _, _ = strings.Cut(after, ",")
	}
	parts := strings.Split(strings.TrimSpace(credential), "/")
	if len(parts) != credentialParts || parts[2] == "" || parts[3] == "" {
		return scope{}, false
	}
	return scope{accessKey: parts[0], region: parts[2], service: parts[3]}, true
}
