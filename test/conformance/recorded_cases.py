"""Answers of real AWS, as others recorded them (localstack's snapshots of 2022 to 2026, transcripts of the command line of
2026): which members there are, what they are by default, and the words of errors. The calls and values are our own.

Run as boto3_cases.py is.
"""

import json
import re
import time

from boto3_cases import QUICKLY, TEMPLATES, client, equal, main, refused, stack

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
DONE = ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
READS = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}}


def members(answer, names):
    """The answer has these members, and no others."""
    equal(sorted(answer.keys() - {"ResponseMetadata"}), sorted(names.split()))


def outputs(cloudformation, name):
    (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def case_roles_tell_what_each_operation_tells():
    iam = client("iam")
    document = json.dumps(TRUST)
    made = iam.create_role(RoleName="items", AssumeRolePolicyDocument=document, Description="of items")["Role"]
    members(made, "Arn AssumeRolePolicyDocument CreateDate Path RoleId RoleName")
    seen = iam.get_role(RoleName="items")["Role"]
    members(
        seen,
        "Arn AssumeRolePolicyDocument CreateDate Description MaxSessionDuration Path RoleId RoleLastUsed RoleName",
    )
    iam.tag_role(RoleName="items", Tags=[{"Key": "team", "Value": "shop"}])
    (listed,) = [role for role in iam.list_roles()["Roles"] if role["RoleName"] == "items"]
    members(listed, "Arn AssumeRolePolicyDocument CreateDate Description MaxSessionDuration Path RoleId RoleName")
    iam.update_role(RoleName="items", Description="of carts", MaxSessionDuration=7200)
    changed = iam.update_role_description(RoleName="items", Description="of orders")["Role"]
    members(changed, "Arn AssumeRolePolicyDocument CreateDate Description Path RoleId RoleName Tags")
    equal(iam.get_role(RoleName="items")["Role"]["MaxSessionDuration"], 7200)
    with refused("NoSuchEntity", "The role with name carts cannot be found."):
        iam.update_role(RoleName="carts", Description="?")


def case_trust_is_checked():
    iam = client("iam")
    iam.create_role(RoleName="trusted", AssumeRolePolicyDocument=json.dumps(TRUST))
    (statement,) = TRUST["Statement"]
    for changes, words in (
        ({"Resource": "*"}, "Has prohibited field Resource"),
        ({"Action": "s3:GetObject"}, "AssumeRole policy may only specify STS AssumeRole actions."),
    ):
        with refused("MalformedPolicyDocument", words):
            iam.update_assume_role_policy(
                RoleName="trusted", PolicyDocument=json.dumps(TRUST | {"Statement": [statement | changes]})
            )
    with refused("MalformedPolicyDocument", "This policy contains invalid Json"):
        iam.create_role(RoleName="broken", AssumeRolePolicyDocument="{")


def case_policies_tell_what_each_operation_tells():
    iam = client("iam")
    usual = (
        "Arn AttachmentCount CreateDate DefaultVersionId IsAttachable Path PermissionsBoundaryUsageCount PolicyId "
        "PolicyName UpdateDate"
    )
    made = iam.create_policy(PolicyName="reads", PolicyDocument=json.dumps(READS), Description="reads")["Policy"]
    members(made, usual)
    members(iam.get_policy(PolicyArn=made["Arn"])["Policy"], usual + " Description Tags")
    (listed,) = iam.list_policies(Scope="Local")["Policies"]
    members(listed, usual)
    iam.create_role(RoleName="reader", AssumeRolePolicyDocument=json.dumps(TRUST))
    with refused("InvalidInput", "ARN reads-of-the-shop-items is not valid."):
        iam.attach_role_policy(RoleName="reader", PolicyArn="reads-of-the-shop-items")
    pattern = r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?"
    words = "1 validation error detected: Value at 'versionId' failed to satisfy constraint: "
    with refused("ValidationError", f"{words}Member must satisfy regular expression pattern: {pattern}"):
        iam.get_policy_version(PolicyArn=made["Arn"], VersionId="1")
    missing = made["Arn"] + "-not"
    with refused("NoSuchEntity", f"Policy {missing} version v1 does not exist or is not attachable."):
        iam.get_policy_version(PolicyArn=missing, VersionId="v1")


def case_log_groups_and_streams():
    logs = client("logs")
    usual = "arn creationTime logGroupArn logGroupClass logGroupName metricFilterCount"
    logs.create_log_group(logGroupName="recorded")
    (listed,) = logs.describe_log_groups(logGroupNamePrefix="recorded")["logGroups"]
    members(listed, usual + " deletionProtectionEnabled storedBytes")
    (searched,) = logs.describe_log_groups(logGroupNamePattern="cord")["logGroups"]
    members(searched, usual)
    too_long = "Invalid LogGroup or LogStream, both must have length less than or equal to 512."
    with refused("InvalidParameterException", too_long):
        logs.create_log_group(logGroupName="g" * 513)
    logs.create_log_stream(logGroupName="recorded", logStreamName="s")
    (stream,) = logs.describe_log_streams(logGroupName="recorded")["logStreams"]
    members(stream, "arn creationTime logStreamName storedBytes")
    exclusive = "LogGroup name and LogGroup ARN are mutually exclusive parameters."
    with refused("ValidationException", exclusive):
        logs.describe_log_streams(logGroupName="recorded", logGroupIdentifier="recorded")
    with refused("InvalidParameterException", "The specified nextToken is invalid."):
        logs.filter_log_events(logGroupName="recorded", nextToken="another")
    logs.tag_log_group(logGroupName="recorded", tags={"a": "1", "b": "2"})
    logs.untag_log_group(logGroupName="recorded", tags=["a"])
    equal(logs.list_tags_log_group(logGroupName="recorded")["tags"], {"b": "2"})
    logs.put_log_events(
        logGroupName="recorded", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "m"}]
    )
    (stream,) = logs.describe_log_streams(logGroupName="recorded")["logStreams"]
    equal(stream["firstEventTimestamp"], stream["lastEventTimestamp"])


def case_names_of_secrets_are_checked_everywhere():
    secrets = client("secretsmanager")
    words = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"
    for call in (secrets.describe_secret, secrets.get_secret_value, secrets.delete_secret, secrets.list_secret_version_ids):
        with refused("ValidationException", words):
            call(SecretId="no name")
    try:
        secrets.describe_secret(SecretId="missing")
    except secrets.exceptions.ResourceNotFoundException as error:
        equal(error.response["Message"], "Secrets Manager can't find the specified secret.")
    secrets.create_secret(Name="tagged")
    members(secrets.describe_secret(SecretId="tagged"), "ARN CreatedDate LastChangedDate Name")
    secrets.tag_resource(SecretId="tagged", Tags=[{"Key": "a", "Value": "b"}])
    secrets.untag_resource(SecretId="tagged", TagKeys=["a"])
    equal(secrets.describe_secret(SecretId="tagged")["Tags"], [])


def case_queues_forget_what_a_template_no_longer_says():
    def template(**properties):
        resources = {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "jobs"} | properties}}
        return json.dumps({"Resources": resources, "Outputs": {"Url": {"Value": {"Ref": "Queue"}}}})

    sqs = client("sqs")
    with stack("queue", template(MaximumMessageSize=2048, DelaySeconds=3, VisibilityTimeout=9)) as cloudformation:
        url = outputs(cloudformation, "queue")["Url"]
        cloudformation.update_stack(StackName="queue", TemplateBody=template(DelaySeconds=4))
        cloudformation.get_waiter("stack_update_complete").wait(StackName="queue", WaiterConfig=QUICKLY)
        attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        got = [attributes[name] for name in ("MaximumMessageSize", "DelaySeconds", "VisibilityTimeout")]
        equal(got, ["262144", "4", "30"])


def case_queues_have_one_kind_of_encryption():
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="secret", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    asked = ["KmsMasterKeyId", "SqsManagedSseEnabled"]
    equal(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)["Attributes"], {"SqsManagedSseEnabled": "true"})
    words = (
        "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
    )
    with refused("InvalidAttributeName", words):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"})


def case_queues_are_refused_in_recorded_words():
    sqs = client("sqs")
    plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
    fifo = sqs.create_queue(QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    with refused("InvalidAttributeName", "Unknown Attribute FifoQueue."):
        sqs.set_queue_attributes(QueueUrl=plain, Attributes={"FifoQueue": "true"})
    modified = "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported."
    with refused("InvalidAttributeValue", modified):
        sqs.set_queue_attributes(QueueUrl=fifo, Attributes={"FifoQueue": "false"})
    target = '{"deadLetterTargetArn": "somewhere", "maxReceiveCount": 3}'
    words = f"Value {target} for parameter RedrivePolicy is invalid. Reason: Invalid value for deadLetterTargetArn."
    with refused("InvalidParameterValue", words):
        sqs.set_queue_attributes(QueueUrl=plain, Attributes={"RedrivePolicy": target})
    empty = {"Colour": {"DataType": "String", "StringValue": ""}}
    with refused("InvalidParameterValue", "Message (user) attribute 'Colour' must contain a non-empty value of type 'String'."):
        sqs.send_message(QueueUrl=plain, MessageBody="m", MessageAttributes=empty)
    sqs.send_message(
        QueueUrl=plain,
        MessageBody="m",
        MessageAttributes={name: {"DataType": "String", "StringValue": "x"} for name in ("Colour", "Colours.Of", "Size")},
    )
    for asked, names in ((["Col.*"], ["Colour", "Colours.Of"]), (["*"], ["Colour", "Colours.Of", "Size"])):
        (message,) = sqs.receive_message(
            QueueUrl=plain, MessageAttributeNames=asked, VisibilityTimeout=0, WaitTimeSeconds=5
        )["Messages"]
        equal(sorted(message["MessageAttributes"]), names)


def case_topics_are_refused_in_recorded_words():
    sns = client("sns")
    topic = sns.create_topic(Name="orders.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    equal(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["ContentBasedDeduplication"], "false")
    with refused("InvalidParameter", "Invalid parameter: Duplicated keys are not allowed."):
        sns.tag_resource(ResourceArn=topic, Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}])
    with refused("InvalidParameter", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"):
        sns.publish(TopicArn="", Message="m")


def case_events_are_refused_in_recorded_words():
    events = client("events")
    entry = {"Source": "shop", "DetailType": "Sold", "Detail": "{}", "EventBusName": "default"}
    written = (
        "PutEventsRequestEntry(time=null, source=shop, resources=null, detailType=Sold, detail={}, eventBusName=default, "
        "traceHeader=null, kmsKeyIdentifier=null, internalMetadata=null)"
    )
    words = "1 validation error detected: Value '[" + ", ".join([written] * 11) + "]' at 'entries' failed to satisfy "
    with refused("ValidationException", words + "constraint: Member must have length less than or equal to 10"):
        events.put_events(Entries=[entry] * 11)
    events.put_rule(Name="sold", EventPattern='{"source": ["shop"]}')
    queue = "arn:aws:sqs:us-east-1:123456789012:sold"
    for name, constraint in (
        ("a b", r"satisfy regular expression pattern: [\.\-_A-Za-z0-9]+"),
        ("t" * 65, "have length less than or equal to 64"),
    ):
        words = f"1 validation error detected: Value '{name}' at 'targets.2.member.id' failed to satisfy constraint: "
        with refused("ValidationException", f"{words}Member must {constraint}"):
            events.put_targets(Rule="sold", Targets=[{"Id": "one", "Arn": queue}, {"Id": name, "Arn": queue}])


SERVICE = """
    availabilityZoneRebalancing clusterArn createdAt createdBy currentServiceRevisions deploymentConfiguration
    deploymentController deployments desiredCount enableECSManagedTags enableExecuteCommand events
    healthCheckGracePeriodSeconds launchType loadBalancers networkConfiguration pendingCount placementConstraints
    placementStrategy platformFamily platformVersion propagateTags resourceManagementType roleArn runningCount
    schedulingStrategy serviceArn serviceName serviceRegistries status tags taskDefinition
"""
TASK = """
    attachments attributes availabilityZone clusterArn connectivity connectivityAt containers cpu createdAt desiredStatus
    enableExecuteCommand ephemeralStorage fargateEphemeralStorage group healthStatus lastStatus launchType memory overrides
    platformFamily platformVersion pullStartedAt pullStoppedAt startedAt startedBy tags taskArn taskDefinitionArn version
"""


def check_task(ecs):
    (arn,) = ecs.list_tasks(cluster="web")["taskArns"]
    (task,) = ecs.describe_tasks(cluster="web", tasks=[arn])["tasks"]
    members(task, TASK)
    equal(task["overrides"], {"containerOverrides": [{"name": "web"}], "inferenceAcceleratorOverrides": []})
    (attachment,) = task["attachments"]
    (container,) = task["containers"]
    names = ["subnetId", "networkInterfaceId", "macAddress", "privateDnsName", "privateIPv4Address"]
    equal([detail["name"] for detail in attachment["details"]], names)
    equal(container["networkInterfaces"][0]["attachmentId"], attachment["id"])
    number = arn.rsplit("/", 1)[1]
    uuid = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    for text, pattern in (
        (attachment["id"], uuid),
        (container["containerArn"], f".*:container/web/{number}/{uuid}"),
        (container["runtimeId"], f"{number}-[0-9]{{10}}"),
    ):
        if not re.fullmatch(pattern, text):
            raise AssertionError(f"{text} is not like {pattern}")


def case_services_tell_what_they_were_recorded_to_tell():
    ecs, balancing = client("ecs"), client("elbv2")
    with stack("web", (TEMPLATES / "web.yaml").read_text()) as cloudformation:
        ecs.get_waiter("services_stable").wait(cluster="web", services=["web"], WaiterConfig=QUICKLY)
        check_task(ecs)
        changed = ecs.update_service(cluster="web", service="web", forceNewDeployment=True)["service"]
        members(changed, SERVICE)
        new, old = changed["deployments"]
        equal((new["desiredCount"], new["rolloutState"], old["desiredCount"]), (0, "IN_PROGRESS", 1))
        revision = changed["currentServiceRevisions"][0]
        equal((revision["arn"].rsplit("/", 1)[1], revision["requestedTaskCount"]), (new["id"].split("/")[1], 0))
        equal(changed["availabilityZoneRebalancing"], "ENABLED")
        equal("alarms" in changed["deploymentConfiguration"], False)
        ecs.get_waiter("services_stable").wait(cluster="web", services=["web"], WaiterConfig=QUICKLY)
        (service,) = ecs.describe_services(cluster="web", services=["web"])["services"]
        told = " | ".join(event["message"] for event in reversed(service["events"]))
        order = (
            r"has stopped 1 running tasks: \(task \w+\)\. \| \(service web\) deregistered 1 targets in \(target-group \S+\) \| "
            rf"\(service web, taskSet {old['id']}\) has begun draining connections on 1 tasks\. \| "
            rf"\(service web\) \(deployment {new['id']}\) deployment completed\."
        )
        if not re.search(order, told):
            raise AssertionError(told)
        group = outputs(cloudformation, "web")["Group"]
        health = balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"][0]
        equal(health["AdministrativeOverride"]["Description"], "No override is currently active on target")
        (balancer,) = balancing.describe_load_balancers()["LoadBalancers"]
        equal([zone["LoadBalancerAddresses"] for zone in balancer["AvailabilityZones"]], [[], []])
        attributes = balancing.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])
        equal([each["Value"] for each in attributes["Attributes"] if each["Key"] == "access_logs.s3.bucket"], [""])


def case_task_definitions_say_what_they_require():
    ecs = client("ecs")
    account = "123456789012"
    made = ecs.register_task_definition(
        family="recorded",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=f"arn:aws:iam::{account}:role/execution",
        taskRoleArn=f"arn:aws:iam::{account}:role/task",
        containerDefinitions=[
            {
                "name": "web",
                "image": f"{account}.dkr.ecr.us-east-1.amazonaws.com/web:1",
                "secrets": [{"name": "KEY", "valueFrom": f"arn:aws:secretsmanager:us-east-1:{account}:secret:k-AbCdEf"}],
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": "web",
                        "awslogs-region": "us-east-1",
                        "awslogs-stream-prefix": "ecs",
                    },
                },
            }
        ],
    )["taskDefinition"]
    equal(made["compatibilities"], ["EC2", "FARGATE", "MANAGED_INSTANCES"])
    names = """
        com.amazonaws.ecs.capability.logging-driver.awslogs ecs.capability.execution-role-awslogs
        com.amazonaws.ecs.capability.ecr-auth com.amazonaws.ecs.capability.docker-remote-api.1.19
        ecs.capability.secrets.asm.environment-variables com.amazonaws.ecs.capability.task-iam-role
        ecs.capability.execution-role-ecr-pull com.amazonaws.ecs.capability.docker-remote-api.1.18 ecs.capability.task-eni
    """
    equal([each["name"] for each in made["requiresAttributes"]], names.split())


def case_rules_of_groups_have_arns():
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="recorded", Description="d", VpcId=vpc)["GroupId"]
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=group, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="0.0.0.0/0"
    )["SecurityGroupRules"]
    members(
        rule,
        "CidrIpv4 FromPort GroupId GroupOwnerId IpProtocol IsEgress SecurityGroupRuleArn SecurityGroupRuleId ToPort",
    )
    prefix = "arn:aws:ec2:us-east-1:123456789012:security-group-rule/"
    equal(rule["SecurityGroupRuleArn"], prefix + rule["SecurityGroupRuleId"])


def case_networks_come_with_a_table_and_a_list():
    template = {
        "Resources": {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.4.0.0/16"}},
            "Subnet": {
                "Type": "AWS::EC2::Subnet",
                "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": "10.4.1.0/24"},
            },
            "Acl": {"Type": "AWS::EC2::NetworkAcl", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            "Entry": {
                "Type": "AWS::EC2::NetworkAclEntry",
                "Properties": {
                    "NetworkAclId": {"Ref": "Acl"},
                    "RuleNumber": 10,
                    "Protocol": 6,
                    "RuleAction": "allow",
                    "CidrBlock": "10.0.0.0/8",
                    "PortRange": {"From": 80, "To": 81},
                },
            },
        },
        "Outputs": {
            "Vpc": {"Value": {"Ref": "Vpc"}},
            "Acl": {"Value": {"Ref": "Acl"}},
            "Default": {"Value": {"Fn::GetAtt": "Vpc.DefaultNetworkAcl"}},
        },
    }
    ec2 = client("ec2")
    with stack("network", json.dumps(template)) as cloudformation:
        told = outputs(cloudformation, "network")
        inside = [{"Name": "vpc-id", "Values": [told["Vpc"]]}]
        (table,) = ec2.describe_route_tables(Filters=inside)["RouteTables"]
        (association,) = table["Associations"]
        equal((association["Main"], table["Tags"], table["PropagatingVgws"]), (True, [], []))
        lists = {each["NetworkAclId"]: each for each in ec2.describe_network_acls(Filters=inside)["NetworkAcls"]}
        denied = {"CidrBlock": "0.0.0.0/0", "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767}
        entry = {
            "CidrBlock": "10.0.0.0/8",
            "Egress": False,
            "PortRange": {"From": 80, "To": 81},
            "Protocol": "6",
            "RuleAction": "allow",
            "RuleNumber": 10,
        }
        equal(lists[told["Acl"]]["Entries"], [denied | {"Egress": True}, entry, denied | {"Egress": False}])
        usual = lists[told["Default"]]
        equal((usual["IsDefault"], len(usual["Entries"]), len(usual["Associations"])), (True, 4, 1))
        with refused("InvalidNetworkAclID.NotFound", "The networkAcl ID 'acl-0' does not exist"):
            ec2.describe_network_acls(NetworkAclIds=["acl-0"])


def case_handlers_tell_who_has_the_place():
    def balanced(resources):
        action = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
        kinds = {
            "Listener": ("Port", {"LoadBalancerArn": {"Ref": "Balancer"}, "Protocol": "HTTP", "DefaultActions": [action]}),
            "ListenerRule": (
                "Priority",
                {
                    "ListenerArn": {"Ref": "Listener"},
                    "Actions": [action],
                    "Conditions": [{"Field": "path-pattern", "Values": ["/*"]}],
                },
            ),
        }
        told = {}
        for name, (kind, number) in resources.items():
            property_name, shared = kinds[kind]
            told[name] = {
                "Type": "AWS::ElasticLoadBalancingV2::" + kind,
                "Properties": shared | {property_name: number},
            }
        return json.dumps({"Resources": json.loads(foundation) | told})

    def subnet(number):
        block = f"10.6.{number}.0/24"
        zone = "us-east-1" + "ab"[number]
        return {
            "Type": "AWS::EC2::Subnet",
            "Properties": {"VpcId": {"Ref": "Vpc"}, "CidrBlock": block, "AvailabilityZone": zone},
        }

    foundation = json.dumps(
        {
            "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.6.0.0/16"}},
            "Zero": subnet(0),
            "One": subnet(1),
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "parcels-of-all"}},
            "Group": {
                "Type": "AWS::EC2::SecurityGroup",
                "Properties": {"GroupName": "door", "GroupDescription": "in", "VpcId": {"Ref": "Vpc"}},
            },
            "Balancer": {
                "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
                "Properties": {"Subnets": [{"Ref": "Zero"}, {"Ref": "One"}]},
            },
        }
    )
    first = {"Listener": ("Listener", 80), "Rule": ("ListenerRule", 1), "Other": ("ListenerRule", 2)}
    service = "(Service: ElasticLoadBalancingV2, Status Code: 400, Request ID: R) (SDK Attempt Count: 1)"
    taken = "Resource of type 'AWS::ElasticLoadBalancingV2::%s' with identifier '%s' already exists."
    with stack("places", balanced(first)) as cloudformation:

        def failure(template, logical):
            cloudformation.update_stack(StackName="places", TemplateBody=template)
            while cloudformation.describe_stacks(StackName="places")["Stacks"][0]["StackStatus"] not in DONE:
                time.sleep(0.05)
            for event in cloudformation.describe_stack_events(StackName="places")["StackEvents"]:
                if event["LogicalResourceId"] == logical and event["ResourceStatus"].endswith("_FAILED"):
                    text = event["ResourceStatusReason"].removeprefix('Resource handler returned message: "')
                    return re.sub(r"Request ID: [0-9a-f-]{36}", "Request ID: R", text.rpartition('" (RequestToken')[0])
            return None

        def again(logical):
            template = json.loads(balanced(first))
            template["Resources"]["Again"] = template["Resources"][logical]
            return failure(json.dumps(template), "Again")

        vpc = cloudformation.describe_stack_resource(StackName="places", LogicalResourceId="Vpc")
        vpc = vpc["StackResourceDetail"]["PhysicalResourceId"]
        equal(again("Bucket"), "parcels-of-all already exists (Service: S3, Status Code: 0, Request ID: null)")
        equal(again("Group"), f"The security group 'door' already exists for VPC '{vpc}'")
        equal(again("Listener"), taken % ("Listener", "Idempotency Check Failed"))
        equal(again("Rule"), taken % ("ListenerRule", "Priority '1' is currently in use " + service))
        moved = balanced(first | {"Other": ("ListenerRule", 1)})
        equal(failure(moved, "Other"), taken % ("ListenerRule", "One or more priorities not found " + service))


def case_zones_are_in_networks_that_exist():
    route53 = client("route53")
    with refused("InvalidVPCId", "The VPC ID is invalid."):
        route53.create_hosted_zone(
            Name="inside", CallerReference="1", VPC={"VPCId": "vpc-1", "VPCRegion": "us-east-1"}
        )
    vpc = client("ec2").create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    made = route53.create_hosted_zone(
        Name="inside", CallerReference="2", VPC={"VPCId": vpc, "VPCRegion": "us-east-1"}
    )
    members(made, "ChangeInfo HostedZone Location VPC")


def case_buses_that_do_not_exist_have_no_tags():
    events = client("events")
    prefix = "arn:aws:events:us-east-1:123456789012:"
    with refused("ResourceNotFoundException", "Event bus mine does not exist."):
        events.list_tags_for_resource(ResourceARN=prefix + "event-bus/mine")
    with refused("ResourceNotFoundException", "Rule mine does not exist on EventBus default."):
        events.list_tags_for_resource(ResourceARN=prefix + "rule/mine")


if __name__ == "__main__":
    main(globals())
