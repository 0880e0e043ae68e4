package generic

import (
	"net/url"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// identifyWaitHandle makes the URL that a signal would be sent to, in the form of recordings. Nothing listens there: wait
// conditions are not among the types.
func identifyWaitHandle(r resource.Request) (string, map[string]any) {
	const keyLetters, signatureDigits = 16, 64
	now := time.Now().UTC()
	host := "cloudformation-waitcondition-" + r.Region + ".s3"
	if r.Region != "us-east-1" {
		host += "." + r.Region
	}
	id := "https://" + host + ".amazonaws.com/" + url.QueryEscape(r.StackID) + "/" + r.LogicalID +
		"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=" + now.Format("20060102T150405Z") +
		"&X-Amz-SignedHeaders=host&X-Amz-Expires=86399&X-Amz-Credential=AKIA" + random(alphabet, keyLetters) +
		"%2F" + now.Format("20060102") + "%2F" + r.Region + "%2Fs3%2Faws4_request&X-Amz-Signature=" + random(hexDigits, signatureDigits)
	return id, map[string]any{"Id": id}
}
