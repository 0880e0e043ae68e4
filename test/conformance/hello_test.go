package conformance

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/ecsapp-dev/ecsapp-operator/awssimtest"
)

func TestCallersHaveAnIdentity(t *testing.T) {
	t.Parallel()
	aws := clientsOf(awssimtest.Start(t).URL())
	identity, err := aws.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil {
		t.Fatal(err)
	}
	if *identity.Account != "123456789012" {
		t.Errorf("the account is %s", *identity.Account)
	}
}
