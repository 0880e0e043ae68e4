package policy_test

import (
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/policy"
)

func TestPoliciesDecide(t *testing.T) {
	t.Parallel()
	wanted := policy.Request{
		Service: "events.amazonaws.com", Action: "sqs:SendMessage", Resource: "arn:aws:sqs:us-east-1:123456789012:q",
		Source: "arn:aws:events:us-east-1:123456789012:rule/a/b", Account: "123456789012",
	}
	cases := map[string]struct {
		document string
		allowed  bool
	}{
		"none":               {``, false},
		"the service":        {`{"Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}}`, true},
		"another service":    {`{"Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"*"}]}`, false},
		"everybody":          {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"SQS:*","Resource":"arn:aws:sqs:*:*:q"}]}`, true},
		"another queue":      {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"arn:aws:sqs:*:*:p"}]}`, false},
		"another action":     {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":["sqs:ReceiveMessage"],"Resource":"*"}]}`, false},
		"the rule":           {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:*:rule/*"}}}]}`, true},
		"another rule":       {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:123456789012:rule/c"}}}]}`, false},
		"the account":        {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"StringEquals":{"AWS:SourceAccount":["1","123456789012"]}}}]}`, true},
		"unknown conditions": {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`, false},
		"a denial":           {`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"*"}]}`, false},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := policy.Allows(test.document, wanted); got != test.allowed {
				t.Errorf("allowed: %t", got)
			}
		})
	}
}
