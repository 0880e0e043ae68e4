package generic

import (
	"math/rand/v2"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

const (
	hexDigits  = "0123456789abcdef"
	alphabet   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	mixedCase  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	ec2Digits  = 17
	iamLetters = 17

	usualNameLength = 128
	roleNameLength  = 64
	suffixLength    = 12
)

// random returns length letters of an alphabet. Ids need to be unlike each other, not secret.
func random(letters string, length int) string {
	id := make([]byte, length)
	for i := range id {
		id[i] = letters[rand.IntN(len(letters))] //nolint:gosec // not a secret
	}
	return string(id)
}

// ec2 returns an id such as vpc-0123456789abcdef0: the digits of EC2's long ids begin with 0.
func ec2(prefix string) string { return prefix + "-0" + random(hexDigits, ec2Digits-1) }

// name returns a generated physical name as CloudFormation makes them: STACK-LOGICAL-RANDOM, where the stack's
// name and the logical id share what the longest name of the type leaves.
func name(r resource.Request, longest int) string {
	room := longest - suffixLength - 2
	stack, logical := r.StackName, r.LogicalID
	if len(stack)+len(logical) > room {
		half := room / 2
		logical = logical[:min(len(logical), max(half, room-len(stack)))]
		stack = stack[:min(len(stack), room-len(logical))]
	}
	return stack + "-" + logical + "-" + random(mixedCase, suffixLength)
}
