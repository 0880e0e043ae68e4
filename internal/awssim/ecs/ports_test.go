package ecs_test

import (
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// A daemon that takes UDP datagrams, as X-Ray's, is an ordinary container beside the one that is balanced.
func TestContainersMayHaveUDPPorts(t *testing.T) {
	t.Parallel()
	const register = `{"family":"traced","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512",` +
		`"containerDefinitions":[{"name":"web","image":"a","portMappings":[{"containerPort":80}]},` +
		`{"name":"daemon","image":"b","portMappings":[{"containerPort":2000,"protocol":"udp","name":"rays"}]}]}`
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		type port struct {
			ContainerPort, HostPort int
			Protocol                string
		}
		type registered struct {
			TaskDefinition struct {
				ContainerDefinitions []struct{ PortMappings []port }
			}
		}
		out, problem := ask[registered](t, th.API(), "RegisterTaskDefinition", register)
		if problem != "" {
			t.Fatal(problem)
		}
		var got []port
		for _, container := range out.TaskDefinition.ContainerDefinitions {
			got = append(got, container.PortMappings...)
		}
		if diff := cmp.Diff([]port{{80, 80, "tcp"}, {2000, 2000, "udp"}}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		const create = `{"cluster":"main","serviceName":"traced","taskDefinition":"traced","desiredCount":0,"launchType":"FARGATE",` +
			`"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"]}},"loadBalancers":[` +
			`{"targetGroupArn":"x","containerName":"daemon","containerPort":2000}]}`
		_, problem = ask[struct{}](t, th.API(), "CreateService", create)
		want := "InvalidParameterException: awssim does not balance ports of protocol udp: 2000 of the container daemon."
		if diff := cmp.Diff(want, problem); diff != "" {
			t.Errorf("a balanced one (-want +got):\n%s", diff)
		}
	})
}

func TestPortsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for mapping, want := range map[string]string{
		`{"containerPort":80,"protocol":"sctp"}`: "ClientException: Invalid 'protocol' setting for container port mapping: sctp.",
		`{"containerPort":80,"hostPort":81}`: "ClientException: When networkMode=awsvpc, the host ports and container ports in port mappings " +
			"must match.",
		`{"containerPort":80,"name":"A B"}`: "ClientException: The port mapping name A B is not valid.",
		`{"containerPort":80,"protocol":"udp","appProtocol":"http"}`: "ClientException: The appProtocol of a port mapping requires the " +
			"protocol tcp.",
	} {
		t.Run(mapping, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				_, problem := ask[struct{}](t, th.API(), "RegisterTaskDefinition", `{"family":"x","networkMode":"awsvpc",`+
					`"requiresCompatibilities":["FARGATE"],"cpu":"256","memory":"512","containerDefinitions":[`+
					`{"name":"a","image":"b","portMappings":[`+mapping+`]}]}`)
				if diff := cmp.Diff(want, problem); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}
