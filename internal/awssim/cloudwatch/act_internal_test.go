package cloudwatch

import (
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

func TestTheSubjectOfALongNameFitsATopic(t *testing.T) {
	t.Parallel()
	long := &alarm{
		key:   alarmKey{resource.Place{Account: "123456789012", Region: "us-east-1"}, strings.Repeat("n", 255)},
		state: state{value: "ALARM"},
	}
	subject := long.subject()
	if len(subject) != 100 || !strings.HasPrefix(subject, `ALARM: "nnn`) || !strings.Contains(subject, `n..." in `) {
		t.Errorf("the subject is %s (%d characters)", subject, len(subject))
	}
}
