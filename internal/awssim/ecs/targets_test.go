package ecs_test

import (
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func TestTargetGroupsOfInstancesAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.group = w.provide(t, w.elb.Providers(), "AWS::ElasticLoadBalancingV2::TargetGroup", resource.Properties{
		"Name": "machines", "Port": 80.0, "Protocol": "HTTP", "VpcId": "vpc-1", // whose type is instance by default
	}).PhysicalID
	w.define(t, repository+":1", nil)
	err := w.create(t, 1)
	want := "The provided target group " + w.group + " has target type instance, which is incompatible with the awsvpc network mode " +
		"specified in the task definition."
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}
