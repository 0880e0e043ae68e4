package fault_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/fault"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func TestCallsPassAsOftenAsAWSLetsThem(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		call          wire.Call
		burst, second int
		code          string
	}{
		"stacks":    {wire.Call{Service: "cloudformation", Operation: "DescribeStacks", Protocol: wire.Query}, 10, 5, "Throttling: Rate exceeded"},
		"clusters":  {wire.Call{Service: "ecs", Operation: "CreateCluster", Protocol: wire.JSON11}, 20, 1, "ThrottlingException: Rate exceeded"},
		"balancers": {wire.Call{Service: "elasticloadbalancing", Operation: "DescribeTags", Protocol: wire.Query}, 40, 10, "Throttling: Rate exceeded"},
		"networks":  {wire.Call{Service: "ec2", Operation: "CreateVpc", Protocol: wire.EC2}, 50, 5, "RequestLimitExceeded: Request limit exceeded."},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var limits fault.Limits
				pass := func() (int, error) {
					for count := 0; ; count++ {
						if err := limits.Refuse(&test.call); err != nil {
							return count, err
						}
					}
				}
				if count, err := pass(); count != test.burst || err.Error() != test.code {
					t.Errorf("%d pass at once, then %v", count, err)
				}
				time.Sleep(time.Second)
				if count, _ := pass(); count != test.second {
					t.Errorf("%d pass a second", count)
				}
			})
		})
	}
}

func TestQueuesHaveNoLimit(t *testing.T) {
	t.Parallel()
	var limits fault.Limits
	for range 10_000 {
		if err := limits.Refuse(&wire.Call{Service: "sqs", Operation: "SendMessage", Protocol: wire.JSON10}); err != nil {
			t.Fatal(err)
		}
	}
}
