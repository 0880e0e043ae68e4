package conformance

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

// versionTwo is a person with version 2 of the aws command, which may run in a root of its own and then sees no files of ours.
type versionTwo struct {
	*testing.T

	sim *awssimtest.Simulator
}

// command is the aws command, written as in a shell.
func (v *versionTwo) command(line string, more ...string) *exec.Cmd {
	v.Helper()
	path := os.Getenv("AWS_CLI_2")
	switch {
	case path != "":
	case os.Getenv("CI") != "":
		v.Fatal("version 2 of the aws command is missing: hack/awscli2.sh could not install it")
	default:
		v.Skip("AWS_CLI_2 is not set: `make test` sets it, and hack/awscli2.sh prints what to")
	}
	made := exec.CommandContext(v.Context(), path, append(strings.Fields(line), more...)...)
	made.Env = append(os.Environ(), v.sim.Env()...)
	made.Env = append(made.Env, "AWS_PAGER=", "AWS_MAX_ATTEMPTS=1", "HOME=/tmp")
	return made
}

// aws runs a command that must succeed, and returns what it says.
func (v *versionTwo) aws(line string, more ...string) string {
	v.Helper()
	return v.awsWith("", line, more...)
}

// awsWith runs a command that reads the text.
func (v *versionTwo) awsWith(text, line string, more ...string) string {
	v.Helper()
	command := v.command(line, more...)
	command.Stdin = strings.NewReader(text)
	output, err := command.CombinedOutput()
	if err != nil {
		v.Fatalf("aws %s: %v\n%s", line, err, output)
	}
	return strings.TrimSpace(string(output))
}

// follow runs a command that does not end, and returns its lines.
func (v *versionTwo) follow(line string) <-chan string {
	v.Helper()
	command := v.command(line)
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	output, err := command.StdoutPipe()
	if err != nil {
		v.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		v.Fatal(err)
	}
	lines, read := make(chan string), make(chan struct{})
	go func() {
		defer close(read)
		defer close(lines)
		for scanner := bufio.NewScanner(output); scanner.Scan(); {
			lines <- scanner.Text()
		}
	}()
	v.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		for range lines { // nobody waits for what is left
		}
		<-read
		_ = command.Wait() // it was killed
	})
	return lines
}

// await returns when a line has the text.
func (v *versionTwo) await(lines <-chan string, text string) {
	v.Helper()
	const patience = time.Minute
	late := time.After(patience)
	for {
		select {
		case line, more := <-lines:
			if !more {
				v.Fatalf("it ended before it said %q", text)
			}
			if strings.Contains(line, text) {
				return
			}
		case <-late:
			v.Fatalf("it did not say %q", text)
		}
	}
}

func TestVersionTwoOfTheCommandLineFollowsTheLogsOfAService(t *testing.T) {
	t.Parallel()
	v := &versionTwo{T: t, sim: awssimtest.Start(t)}
	template, err := os.ReadFile("../../docs/simulator/web.yaml")
	if err != nil {
		t.Fatal(err)
	}
	v.aws("sts get-caller-identity")
	pushSample(t, v.sim, clientsOf(v.sim.URL()), "items:1.0.0")
	v.aws("cloudformation create-stack --stack-name demo --capabilities CAPABILITY_IAM --template-body", string(template))
	v.aws("cloudformation wait stack-create-complete --stack-name demo")
	v.aws("ecs wait services-stable --cluster demo --services web")
	url := v.aws("cloudformation describe-stacks --stack-name demo --output text --query Stacks[0].Outputs[0].OutputValue")

	lines := v.follow("logs tail /ecs/demo --follow --format short")
	get(t, http.DefaultClient, url+"/items?mark=first")
	v.await(lines, `"GET /items?mark=first HTTP/1.1" 200`)
	get(t, http.DefaultClient, url+"/items?mark=second")
	v.await(lines, `"GET /items?mark=second HTTP/1.1" 200`)

	v.aws("cloudformation delete-stack --stack-name demo")
	v.aws("cloudformation wait stack-delete-complete --stack-name demo")
}

func TestVersionTwoOfTheCommandLineFindsItsServicesByTheEnvironmentAlone(t *testing.T) {
	t.Parallel()
	v := &versionTwo{T: t, sim: awssimtest.Start(t)}
	v.aws("s3 mb s3://shelf")
	v.awsWith("a book", "s3 cp - s3://shelf/book.txt")
	if got := v.aws("s3 cp s3://shelf/book.txt -"); got != "a book" {
		t.Errorf("the object is %q", got)
	}
	queue := v.aws("sqs create-queue --queue-name letters --output text --query QueueUrl")
	v.aws("sqs send-message --message-body hello --queue-url", queue)
	if got := v.aws("sqs receive-message --output text --query Messages[0].Body --queue-url", queue); got != "hello" {
		t.Errorf("the message is %q", got)
	}
	if got := v.aws("rds describe-db-instances --output text --query length(DBInstances)"); got != "0" {
		t.Errorf("there are %s databases", got)
	}
}
