package aws

import "testing"

func TestStableCutsWhatDiffersBetweenEqualFailures(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ said, want string }{
		"of a resource handler": {
			`Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'." (RequestToken: 5f2c, HandlerErrorCode: GeneralServiceException)`,
			`Resource handler returned message: "Error occurred during operation 'ECS Deployment Circuit Breaker was triggered'."`,
		},
		"of a service": {
			"The vpc 'vpc-1' has dependencies (Service: Ec2, Status Code: 400, Request ID: 6f0c-11) (SDK Attempt Count: 1)",
			"The vpc 'vpc-1' has dependencies",
		},
		"of nothing": {"Stack with id x does not exist (really)", "Stack with id x does not exist (really)"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := stable(test.said); got != test.want {
				t.Errorf("stable(%q)\n got %q\nwant %q", test.said, got, test.want)
			}
		})
	}
}
