package cloudformation_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestANestedStackThatFailsIsDeletedWithItsParent(t *testing.T) {
	t.Parallel()
	play(t, func(s *stage) {
		t := s.t
		nest(s).put("child.yaml", child("a"))
		s.failOnce("Create", "Second", "cannot")
		s.create(family)
		s.settle("demo")
		if diff := cmp.Diff(`
demo CREATE_IN_PROGRESS | User Initiated
Base CREATE_IN_PROGRESS
Base CREATE_IN_PROGRESS | Resource creation Initiated
Base CREATE_COMPLETE
Child CREATE_IN_PROGRESS
Child CREATE_IN_PROGRESS | Resource creation Initiated
Child CREATE_FAILED | Embedded stack ARN was not successfully created: The following resource(s) failed to create: [Second]. 
demo ROLLBACK_IN_PROGRESS | The following resource(s) failed to create: [Child]. Rollback requested by user.
Child DELETE_IN_PROGRESS
Child DELETE_COMPLETE
Base DELETE_IN_PROGRESS
Base DELETE_COMPLETE
demo ROLLBACK_COMPLETE
`, s.story("demo")); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(`
CHILD CREATE_IN_PROGRESS | User Initiated
First CREATE_IN_PROGRESS
First CREATE_IN_PROGRESS | Resource creation Initiated
First CREATE_COMPLETE
Second CREATE_IN_PROGRESS
Second CREATE_FAILED | Resource handler returned message: "cannot" (RequestToken: T, HandlerErrorCode: GeneralServiceException)
CHILD CREATE_FAILED | The following resource(s) failed to create: [Second]. 
CHILD DELETE_IN_PROGRESS | User Initiated
Second DELETE_COMPLETE
First DELETE_IN_PROGRESS
First DELETE_COMPLETE
CHILD DELETE_COMPLETE
`, s.childStory(s.childID())); diff != "" {
			t.Error(diff)
		}
	})
}
