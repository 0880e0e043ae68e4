package conformance

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// kit is the command line of the AWS CDK, in a folder with an application and with a simulator as its AWS.
type kit struct {
	*testing.T

	aws       clients
	path, dir string
	env       []string
}

func newKit(t *testing.T, sim *awssimtest.Simulator, app string) *kit {
	t.Helper()
	k := &kit{T: t, aws: clientsOf(sim.URL()), path: tool(t, "cdk"), dir: t.TempDir()}
	program, err := filepath.EvalSymlinks(k.path) // .../node_modules/aws-cdk/bin/cdk
	if err != nil {
		t.Fatal(err)
	}
	modules := filepath.Join(filepath.Dir(program), "..", "..")
	if _, err := os.Stat(filepath.Join(modules, "aws-cdk-lib")); err != nil {
		t.Fatalf("beside %s there is no aws-cdk-lib: hack/cdk/setup.sh installs both, and prints the folder for your PATH", k.path)
	}
	k.env = append(os.Environ(), sim.Env()...)
	k.env = append(k.env, "HOME="+k.dir, "NODE_PATH="+modules, "NODE_NO_WARNINGS=1", "CDK_DISABLE_CLI_TELEMETRY=true", "CI=1")
	source, err := os.ReadFile(filepath.Join("testdata", "cdk", app))
	if err != nil {
		t.Fatal(err)
	}
	k.file("app.js", string(source))
	k.file("cdk.json", `{"app": "node app.js", "notices": false}`)
	return k
}

func (k *kit) file(name, content string) {
	k.Helper()
	if err := os.WriteFile(filepath.Join(k.dir, name), []byte(content), 0o600); err != nil {
		k.Fatal(err)
	}
}

// run runs a command, written as in a shell, and returns what it says, and whether it succeeds.
func (k *kit) run(line string) (string, bool) {
	k.Helper()
	command := exec.CommandContext(k.Context(), k.path, append(strings.Fields(line), "--no-color")...)
	command.Dir, command.Env = k.dir, k.env
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	err := command.Run()
	return output.String(), err == nil
}

// says runs a command that has to succeed and to say something.
func (k *kit) says(line string, wanted ...string) {
	k.Helper()
	k.expect(true, line, wanted)
}

// fails runs a command that has to fail and to say why.
func (k *kit) fails(line string, wanted ...string) {
	k.Helper()
	k.expect(false, line, wanted)
}

func (k *kit) expect(success bool, line string, wanted []string) {
	k.Helper()
	output, ok := k.run(line)
	if ok != success {
		k.Fatalf("cdk %s: success is %t\n%s", line, ok, output)
	}
	for _, want := range wanted {
		if !strings.Contains(output, want) {
			k.Errorf("cdk %s does not say %q:\n%s", line, want, output)
		}
	}
}

// serves asks the service who it is, through its load balancer.
func (k *kit) serves(name string) {
	k.Helper()
	for _, output := range awaitStack(k.T, k.aws, "Shop").Outputs {
		if strings.HasPrefix(aws.ToString(output.OutputKey), "WebServiceURL") {
			if got := send(k.T, "GET", aws.ToString(output.OutputValue)+"/health", "")["service"]; got != name {
				k.Errorf("the service is %v, not %s", got, name)
			}
			return
		}
	}
	k.Error("the stack has no output with the service's address")
}

// The CDK bootstraps an account, deploys, compares, updates, finds and reverts drift, explains what failed, and destroys.
func TestTheCDKManagesAService(t *testing.T) {
	t.Parallel()
	const speed = 200 // the CDK looks every few seconds: there is no use in being faster
	sim := awssimtest.Start(t, awssimtest.Speed(speed))
	k := newKit(t, sim, "app.js")
	pushSample(t, sim, k.aws, "items:1.0.0")
	k.says("synth --quiet --all") // looks zones up, and makes the folders cdk.out, changed and broken
	k.says("bootstrap aws://123456789012/us-east-1", "Environment aws://123456789012/us-east-1 bootstrapped.")

	k.says("deploy Shop --app cdk.out --require-approval never --progress events", "Web/Service/Service", "CREATE_COMPLETE", "Shop.WebServiceURL")
	k.serves("first")
	k.says("diff Shop --app cdk.out", "There were no differences")
	k.says("diff Shop --app changed --method template", `[-]     "Value": "first"`, `[+]     "Value": "second"`, "AWS::ECS::TaskDefinition")
	k.says("deploy Shop --app changed --method direct --require-approval never --progress events", "UPDATE_COMPLETE")
	k.serves("second")

	k.says("drift Shop --app changed --fail", "No drift detected")
	k.edit("/shop/address", "elsewhere")
	k.fails("drift Shop --app changed --fail", "/Value", "elsewhere")
	k.says("deploy Shop --app changed --revert-drift --require-approval never")
	if got := k.parameter("/shop/address"); got == "elsewhere" {
		t.Errorf("the parameter still says %q", got)
	}

	k.fails("deploy Shop --app broken --require-approval never", "ECS Deployment Circuit Breaker was triggered",
		"Shop/Web/Service/Service", "Task stopped: ")
	if got := awaitStack(t, k.aws, "Shop").StackStatus; got != types.StackStatusUpdateRollbackComplete {
		t.Errorf("status %s", got)
	}
	k.serves("second")
	k.says("destroy Shop --app cdk.out --force", "Shop: destroyed")
	if _, err := k.aws.CloudFormation.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("Shop")}); err == nil {
		t.Error("the stack is still there")
	}
}

// Large templates reach CloudFormation through the bucket of the bootstrap; what was made by hand becomes part of a stack.
func TestTheCDKDeploysLargeTemplatesAndImports(t *testing.T) {
	t.Parallel()
	k := newKit(t, awssimtest.Start(t), "parts.js")
	k.says("bootstrap aws://123456789012/us-east-1")
	k.says("deploy Large", "Large.Last = 59")
	if got := k.parameter("/large/59"); got != "59" {
		t.Errorf("the last parameter is %q", got)
	}

	if _, err := k.aws.Logs.CreateLogGroup(t.Context(), &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("audit")}); err != nil {
		t.Fatal(err)
	}
	k.file("audit.json", `{"Audit": {"LogGroupName": "audit"}}`)
	k.says("import ByHand --app cdk.out --resource-mapping audit.json", "ByHand/Audit: importing using LogGroupName=audit")
	if got := awaitStack(t, k.aws, "ByHand").StackStatus; got != types.StackStatusImportComplete {
		t.Errorf("status %s", got)
	}
	k.says("drift ByHand --app cdk.out --fail", "No drift detected")
}

func (k *kit) edit(name, value string) {
	k.Helper()
	if _, err := k.aws.SSM.PutParameter(k.Context(), &ssm.PutParameterInput{
		Name: &name, Value: &value, Overwrite: aws.Bool(true),
	}); err != nil {
		k.Fatal(err)
	}
}

func (k *kit) parameter(name string) string {
	k.Helper()
	found, err := k.aws.SSM.GetParameter(k.Context(), &ssm.GetParameterInput{Name: &name})
	if err != nil {
		k.Fatal(err)
	}
	return aws.ToString(found.Parameter.Value)
}
