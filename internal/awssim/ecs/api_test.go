package ecs_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsReadAsTheServices(t *testing.T) {
	t.Parallel()
	const network = `"networkConfiguration":{"awsvpcConfiguration":{"subnets":["subnet-a"]}}`
	tests := map[string]struct{ operation, body, want string }{
		"a cluster that is absent": {
			"DescribeServices", `{"cluster":"absent","services":["web"]}`, "ClusterNotFoundException: Cluster not found.",
		},
		"a service that is absent": {
			"UpdateService", `{"cluster":"main","service":"absent","desiredCount":1}`, "ServiceNotFoundException: Service not found.",
		},
		"a service that exists": {
			"CreateService", `{"cluster":"main","serviceName":"web","taskDefinition":"web",` + network + `}`,
			"InvalidParameterException: Creation of service was not idempotent.",
		},
		"a service that must be scaled in first": {
			"DeleteService", `{"cluster":"main","service":"web"}`,
			"InvalidParameterException: The service cannot be stopped while it is scaled above 0.",
		},
		"a cluster with services": {
			"DeleteCluster", `{"cluster":"main"}`,
			"ClusterContainsServicesException: The Cluster cannot be deleted while Services are active.",
		},
		"a task that is absent": {
			"StopTask", `{"cluster":"main","task":"absent"}`, "InvalidParameterException: The referenced task was not found.",
		},
		"a task definition that is absent": {
			"DescribeTaskDefinition", `{"taskDefinition":"absent"}`, "ClientException: Unable to describe task definition.",
		},
		"percents that block each other": {
			"UpdateService", `{"cluster":"main","service":"web","deploymentConfiguration":{"maximumPercent":100}}`,
			"InvalidParameterException: Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.",
		},
		"a service without subnets": {
			"CreateService", `{"cluster":"main","serviceName":"other","taskDefinition":"web"}`,
			"InvalidParameterException: Network Configuration must be provided when networkMode 'awsvpc' is specified.",
		},
		"a container that is absent": {
			"UpdateService", `{"cluster":"main","service":"web","loadBalancers":[{"containerName":"x","containerPort":1}]}`,
			"InvalidParameterException: The container x does not exist in the task definition.",
		},
		"a size that Fargate does not have": {
			"RegisterTaskDefinition", `{"family":"x","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],` +
				`"cpu":"256","memory":"4096","containerDefinitions":[{"name":"a","image":"b"}]}`,
			"ClientException: No Fargate configuration exists for given values: 256 CPU, 4096 memory. " +
				"See the Amazon ECS documentation for the valid values.",
		},
		"containers that wait for each other": {
			"RegisterTaskDefinition", `{"family":"x","networkMode":"awsvpc","requiresCompatibilities":["FARGATE"],` +
				`"cpu":"256","memory":"512","containerDefinitions":[` +
				`{"name":"a","image":"x","dependsOn":[{"containerName":"b","condition":"START"}]},` +
				`{"name":"b","image":"x","dependsOn":[{"containerName":"a","condition":"START"}]}]}`,
			"ClientException: Invalid 'dependsOn' setting: the containers depend on each other in a cycle.",
		},
		"an operation that is not implemented": {
			"StartTask", `{}`, "UnknownOperationException: awssim does not implement the operation ecs:StartTask",
		},
		"a parameter that is not implemented, deep inside": {
			"RegisterTaskDefinition", `{"family":"x","containerDefinitions":[{"name":"a","image":"b","credentialSpecs":[]}]}`,
			`InvalidParameterException: awssim does not implement the parameter "credentialSpecs" of ecs:RegisterTaskDefinition`,
		},
		"a value that is not implemented": {
			"UpdateService", `{"cluster":"main","service":"web","schedulingStrategy":"DAEMON"}`,
			"InvalidParameterException: awssim does not implement schedulingStrategy DAEMON.",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				th := newTheatre(t)
				defer func() { _ = th.Close() }()
				th.cast(t, nil, "web=good")
				if err := th.open(t, 1); err != nil {
					t.Fatal(err)
				}
				_, problem := ask[struct{}](t, th.API(), test.operation, test.body)
				if diff := cmp.Diff(test.want, problem); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestForcedDeploymentReplacesTheTasks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		th.cast(t, nil, "web=good")
		if err := th.open(t, 1); err != nil {
			t.Fatal(err)
		}
		before := th.tasks(t, "RUNNING")[0].TaskArn
		if _, problem := ask[struct{}](t, th.API(), "UpdateService",
			`{"cluster":"main","service":"web","forceNewDeployment":true}`); problem != "" {
			t.Fatal(problem)
		}
		if err := th.change(t, 1); err != nil {
			t.Fatal(err)
		}
		if after := th.tasks(t, "RUNNING"); len(after) != 1 || after[0].TaskArn == before {
			t.Errorf("the task was not replaced: %+v", after)
		}
	})
}

func TestTaskDefinitionsAreRevisionsOfAFamily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := newTheatre(t)
		defer func() { _ = th.Close() }()
		var revisions []string
		for range 3 {
			th.cast(t, nil, "web=good")
			revisions = append(revisions, th.td[strings.LastIndex(th.td, "/")+1:])
		}
		if diff := cmp.Diff([]string{"web:1", "web:2", "web:3"}, revisions); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if _, problem := ask[struct{}](t, th.API(), "DeregisterTaskDefinition", `{"taskDefinition":"web:3"}`); problem != "" {
			t.Fatal(problem)
		}
		type described struct{ TaskDefinition struct{ Revision int } }
		latest, problem := ask[described](t, th.API(), "DescribeTaskDefinition", `{"taskDefinition":"web"}`)
		if problem != "" || latest.TaskDefinition.Revision != 2 {
			t.Errorf("the latest active revision is %d %s", latest.TaskDefinition.Revision, problem)
		}
		listed, _ := ask[struct{ TaskDefinitionArns []string }](t, th.API(), "ListTaskDefinitions", `{"sort":"DESC","maxResults":1}`)
		if len(listed.TaskDefinitionArns) != 1 || !strings.HasSuffix(listed.TaskDefinitionArns[0], "/web:2") {
			t.Errorf("listed %v", listed)
		}
	})
}
