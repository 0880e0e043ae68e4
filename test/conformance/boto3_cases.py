"""What a Python program does with AWS, through boto3, whose parsers and validators are strict.

Each function whose name begins with "case_" is a case. Run it with the environment that points at an endpoint
(AWS_ENDPOINT_URL and so on) and the folder of the templates; it prints one line of JSON for each case.
"""

import contextlib
import json
import pathlib
import sys
import time
import traceback

import boto3
import botocore.exceptions
from botocore.config import Config

TEMPLATES = pathlib.Path(sys.argv[1])
QUICKLY = {"Delay": 0.05, "MaxAttempts": 600}
ONCE = Config(retries={"max_attempts": 0})

TOPIC = json.dumps(
    {
        "Parameters": {"Title": {"Type": "String", "Default": "first"}},
        "Resources": {
            "Orders": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Title"}}},
        },
        "Outputs": {"Orders": {"Value": {"Fn::GetAtt": ["Orders", "TopicName"]}}},
    }
)


def client(service):
    return boto3.client(service, config=ONCE)


def equal(got, want):
    if got != want:
        raise AssertionError(f"got {got!r}, want {want!r}")


@contextlib.contextmanager
def refused(code, text):
    """The block has to be refused with an error code and a text."""
    try:
        yield
    except botocore.exceptions.ClientError as error:
        equal((error.response["Error"]["Code"], error.response["Error"]["Message"]), (code, text))
    else:
        raise AssertionError(f"nothing is refused with {code}")


@contextlib.contextmanager
def stack(name, template=TOPIC, **options):
    """A stack that exists while the block runs."""
    cloudformation = client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=template, **options)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=QUICKLY)
    try:
        yield cloudformation
    finally:
        cloudformation.delete_stack(StackName=name)
        cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=QUICKLY)


def case_waiters_follow_a_stack():
    with stack("waited") as cloudformation:
        cloudformation.update_stack(
            StackName="waited",
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "Title", "ParameterValue": "second"}],
        )
        cloudformation.get_waiter("stack_update_complete").wait(StackName="waited", WaiterConfig=QUICKLY)
        (found,) = cloudformation.describe_stacks(StackName="waited")["Stacks"]
        equal(found["StackStatus"], "UPDATE_COMPLETE")
        equal(found["Parameters"], [{"ParameterKey": "Title", "ParameterValue": "second"}])
    with refused("ValidationError", "Stack with id waited does not exist"):
        client("cloudformation").describe_stacks(StackName="waited")


def case_waiters_notice_a_failure():
    logs, cloudformation = client("logs"), client("cloudformation")
    logs.create_log_group(logGroupName="taken")
    cloudformation.create_stack(
        StackName="failing",
        TemplateBody=json.dumps(
            {"Resources": {"Lines": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "taken"}}}}
        ),
    )
    try:
        cloudformation.get_waiter("stack_create_complete").wait(StackName="failing", WaiterConfig=QUICKLY)
    except botocore.exceptions.WaiterError as error:
        equal("ROLLBACK" in str(error.last_response), True)
    else:
        raise AssertionError("the waiter is content")


def case_paginators_see_everything():
    names = {f"page-{number}" for number in range(3)}
    with contextlib.ExitStack() as stacks:
        for name in names:
            stacks.enter_context(stack(name))
        cloudformation = client("cloudformation")
        pages = cloudformation.get_paginator("describe_stacks").paginate()
        equal({found["StackName"] for found in pages.search("Stacks[]")} >= names, True)
        listed = cloudformation.get_paginator("list_stacks").paginate(StackStatusFilter=["CREATE_COMPLETE"])
        equal({found["StackName"] for found in listed.search("StackSummaries[]")} >= names, True)
        events = cloudformation.get_paginator("describe_stack_events").paginate(StackName="page-0")
        equal(len(list(events.search("StackEvents[]"))), 5)
        resources = cloudformation.get_paginator("list_stack_resources").paginate(StackName="page-0")
        equal(list(resources.search("StackResourceSummaries[].LogicalResourceId")), ["Orders"])


def case_resources_are_objects():
    cloudformation = boto3.resource("cloudformation")
    made = cloudformation.create_stack(StackName="object", TemplateBody=TOPIC)
    client("cloudformation").get_waiter("stack_create_complete").wait(StackName="object", WaiterConfig=QUICKLY)
    made.reload()
    equal(made.stack_status, "CREATE_COMPLETE")
    equal(made.name, "object")
    equal([summary.logical_id for summary in made.resource_summaries.all()], ["Orders"])
    equal(made.Resource("Orders").resource_type, "AWS::SNS::Topic")
    equal([event.resource_status for event in made.events.all()][0], "CREATE_COMPLETE")
    equal("object" in [found.name for found in cloudformation.stacks.all()], True)
    made.delete()
    client("cloudformation").get_waiter("stack_delete_complete").wait(StackName="object", WaiterConfig=QUICKLY)


def case_change_sets_have_waiters():
    with stack("changing") as cloudformation:
        cloudformation.create_change_set(
            StackName="changing",
            ChangeSetName="title",
            UsePreviousTemplate=True,
            Parameters=[{"ParameterKey": "Title", "ParameterValue": "third"}],
        )
        cloudformation.get_waiter("change_set_create_complete").wait(
            StackName="changing", ChangeSetName="title", WaiterConfig=QUICKLY
        )
        set_ = cloudformation.describe_change_set(StackName="changing", ChangeSetName="title")
        (change,) = set_["Changes"]
        equal(change["ResourceChange"]["Action"], "Modify")
        equal(change["ResourceChange"]["Replacement"], "False")
        listed = cloudformation.get_paginator("list_change_sets").paginate(StackName="changing")
        equal(list(listed.search("Summaries[].[ChangeSetName,ExecutionStatus]")), [["title", "AVAILABLE"]])
        cloudformation.execute_change_set(StackName="changing", ChangeSetName="title")
        cloudformation.get_waiter("stack_update_complete").wait(StackName="changing", WaiterConfig=QUICKLY)


def case_times_and_templates_have_their_types():
    with stack("typed") as cloudformation:
        (found,) = cloudformation.describe_stacks(StackName="typed")["Stacks"]
        equal(abs(time.time() - found["CreationTime"].timestamp()) < 600, True)
        equal(cloudformation.get_template(StackName="typed")["TemplateBody"], json.loads(TOPIC))
        equal(cloudformation.get_template_summary(StackName="typed")["ResourceTypes"], ["AWS::SNS::Topic"])


def case_a_service_becomes_stable():
    template = (TEMPLATES / "web.yaml").read_text()
    with stack("web", template) as cloudformation:
        ecs, balancing = client("ecs"), client("elbv2")
        ecs.get_waiter("services_stable").wait(cluster="web", services=["web"], WaiterConfig=QUICKLY)
        (service,) = ecs.describe_services(cluster="web", services=["web"])["services"]
        equal((service["status"], service["runningCount"], service["pendingCount"]), ("ACTIVE", 1, 0))
        (task,) = ecs.get_paginator("list_tasks").paginate(cluster="web").search("taskArns[]")
        (described,) = ecs.describe_tasks(cluster="web", tasks=[task])["tasks"]
        equal(described["lastStatus"], "RUNNING")
        (found,) = cloudformation.describe_stacks(StackName="web")["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
        balancing.get_waiter("target_in_service").wait(TargetGroupArn=outputs["Group"], WaiterConfig=QUICKLY)
        names = balancing.get_paginator("describe_target_groups").paginate().search("TargetGroups[].TargetGroupArn")
        equal(list(names), [outputs["Group"]])


def case_logs_are_paged():
    logs = client("logs")
    logs.create_log_group(logGroupName="/app/one", tags={"team": "a"})
    logs.create_log_stream(logGroupName="/app/one", logStreamName="s")
    now = int(time.time() * 1000)
    logs.put_log_events(
        logGroupName="/app/one",
        logStreamName="s",
        logEvents=[{"timestamp": now + number, "message": f"line {number}"} for number in range(250)],
    )
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName="/app/one", PaginationConfig={"PageSize": 100})
    equal(len(list(pages.search("events[]"))), 250)
    with refused("ResourceAlreadyExistsException", "The specified log group already exists"):
        logs.create_log_group(logGroupName="/app/one")
    logs.delete_log_group(logGroupName="/app/one")


def case_repositories_are_refused_by_name():
    ecr = client("ecr")
    ecr.create_repository(repositoryName="shop/items")
    with refused(
        "RepositoryAlreadyExistsException",
        "The repository with name 'shop/items' already exists in the registry with id '123456789012'",
    ):
        ecr.create_repository(repositoryName="shop/items")
    equal(
        list(ecr.get_paginator("describe_repositories").paginate().search("repositories[].repositoryName")),
        ["shop/items"],
    )
    ecr.delete_repository(repositoryName="shop/items", force=True)


def outcome(case):
    try:
        case()
    except Exception:  # whatever goes wrong is the case's outcome
        return traceback.format_exc()
    return ""


def main(cases):
    for name, case in sorted(cases.items()):
        if name.startswith("case_"):
            print(json.dumps({"case": name.removeprefix("case_").replace("_", " "), "problem": outcome(case)}), flush=True)


if __name__ == "__main__":
    main(globals())
