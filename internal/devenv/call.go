package devenv

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// ResourceTypes counts the resources of a stack by their type, such as AWS::EC2::Subnet.
func (e *Env) ResourceTypes(ctx context.Context, stack string) (map[string]int, error) {
	form := url.Values{"Action": {"ListStackResources"}, "Version": {"2010-05-15"}, "StackName": {stack}}
	answer, err := e.call(ctx, "cloudformation", map[string]string{
		"Content-Type": "application/x-www-form-urlencoded",
	}, form.Encode())
	if err != nil {
		return nil, err
	}
	var listed struct {
		Types []string `xml:"ListStackResourcesResult>StackResourceSummaries>member>ResourceType"`
	}
	if err := xml.Unmarshal(answer, &listed); err != nil {
		return nil, fmt.Errorf("reading the resources of stack %s: %w", stack, err)
	}
	counts := map[string]int{}
	for _, name := range listed.Types {
		counts[name]++
	}
	return counts, nil
}

// call speaks to the simulator, which does not verify signatures. It spares the demo the AWS SDK.
func (e *Env) call(ctx context.Context, service string, headers map[string]string, body string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.AWSEndpoint, strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", service, err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=test/20260101/"+Region+"/"+service+"/aws4_request, SignedHeaders=host, Signature=none")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("calling %s: %w", service, err)
	}
	answer, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("calling %s: %s: %s", service, response.Status, answer)
	}
	return answer, errors.Join(err, response.Body.Close())
}
