package cloudformation_test

import (
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// stuckBus takes nothing until it is let go.
type stuckBus struct {
	bus

	letGo chan struct{}
}

func (b *stuckBus) Put(place resource.Place, e event.Event) {
	<-b.letGo
	b.bus.Put(place, e)
}

func TestASlowReceiverStallsNoStack(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		slow := &stuckBus{letGo: make(chan struct{})}
		s.openWith(cloudformation.Config{Clock: clock.Clock{Speed: 1}, Providers: s.providers, Events: slow})
		s.create("Resources: {Topic: {Type: AWS::SNS::Topic}}")
		s.settle("demo")
		described, err := s.client.DescribeStacks(s.t.Context(), &cfn.DescribeStacksInput{StackName: aws.String("demo")})
		if err != nil {
			s.t.Fatal(err)
		}
		if got := described.Stacks[0].StackStatus; got != "CREATE_COMPLETE" {
			s.t.Errorf("the stack is %s while its events wait", got)
		}
		close(slow.letGo)
		synctest.Wait()
		slow.mu.Lock()
		defer slow.mu.Unlock()
		if len(slow.told) != 5 {
			s.t.Errorf("in the end it is told %d events: %q", len(slow.told), slow.told)
		}
	})
}
