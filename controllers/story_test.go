package controllers_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/api/v1alpha1"
)

func newVersion(app *v1alpha1.EcsApp) { app.Spec.Memory *= 2 }

func TestStories(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*v1alpha1.EcsApp)
		tell   func(*story)
		want   string
	}{
		"an app is created and deleted": {
			tell: func(s *story) {
				s.passes()
				s.finish("CREATE_COMPLETE")
				s.passes()
				s.remove()
				s.passes()
				s.finish("DELETE_COMPLETE")
				s.pass(0)
			},
			want: `
aws: Create
status: Ready=False Creating
aws: CREATE_COMPLETE
status: Ready=True Ready
user: deletes the EcsApp
aws: Delete
status: Ready=False Deleting
aws: DELETE_COMPLETE
kubernetes: the EcsApp is gone`,
		},
		"a creation that keeps failing is repeated within its budget, and again for a new spec": {
			tell: func(s *story) {
				for range 4 {
					s.passes()
					s.finish("ROLLBACK_COMPLETE")
					s.passes()
					if s.cloud.status == "DELETE_IN_PROGRESS" {
						s.finish("DELETE_COMPLETE")
					}
				}
				s.edit("corrects the spec", newVersion)
				s.passes()
				s.finish("DELETE_COMPLETE")
				s.passes()
				s.finish("CREATE_COMPLETE")
				s.passes()
			},
			want: `
aws: Create
status: Ready=False Creating
aws: ROLLBACK_COMPLETE
aws: Delete
status: Ready=False Repairing
aws: DELETE_COMPLETE
aws: Create
status: Ready=False Creating
aws: ROLLBACK_COMPLETE
aws: Delete
status: Ready=False Repairing
aws: DELETE_COMPLETE
aws: Create
status: Ready=False Creating
aws: ROLLBACK_COMPLETE
aws: Delete
status: Ready=False Repairing
aws: DELETE_COMPLETE
aws: Create
status: Ready=False Creating
aws: ROLLBACK_COMPLETE
status: Ready=False StackCreateFailed (stalled)
user: corrects the spec
aws: Delete
status: Ready=False Repairing
aws: DELETE_COMPLETE
aws: Create
status: Ready=False Creating
aws: CREATE_COMPLETE
status: Ready=True Ready`,
		},
		"an update that was rolled back is not repeated, until the user asks": {
			tell: func(s *story) {
				s.ready()
				s.edit("changes the spec", newVersion)
				s.passes()
				s.finish("UPDATE_ROLLBACK_COMPLETE")
				s.passes()
				s.edit("asks to try again", func(app *v1alpha1.EcsApp) {
					app.Annotations = map[string]string{v1alpha1.AnnotationReconcileAt: "now"}
				})
				s.passes()
				s.finish("UPDATE_COMPLETE")
				s.passes()
			},
			want: `
user: changes the spec
aws: Update
status: Ready=False Updating
aws: UPDATE_ROLLBACK_COMPLETE
status: Ready=False StackRolledBack (stalled)
user: asks to try again
aws: Update
status: Ready=False Updating
aws: UPDATE_COMPLETE
status: Ready=True Ready`,
		},
		"the old spec after a rollback is ready at once": {
			tell: func(s *story) {
				s.ready()
				s.edit("changes the spec", newVersion)
				s.passes()
				s.finish("UPDATE_ROLLBACK_COMPLETE")
				s.passes()
				s.edit("changes it back", func(app *v1alpha1.EcsApp) { app.Spec.Memory /= 2 })
				s.passes()
			},
			want: `
user: changes the spec
aws: Update
status: Ready=False Updating
aws: UPDATE_ROLLBACK_COMPLETE
status: Ready=False StackRolledBack (stalled)
user: changes it back
status: Ready=True Ready`,
		},
		"a rollback that fails is continued within its budget": {
			tell: func(s *story) {
				s.ready()
				s.edit("changes the spec", newVersion)
				s.passes()
				for range 4 {
					s.finish("UPDATE_ROLLBACK_FAILED")
					s.passes()
				}
			},
			want: `
user: changes the spec
aws: Update
status: Ready=False Updating
aws: UPDATE_ROLLBACK_FAILED
aws: ContinueRollback
status: Ready=False Repairing
status: Ready=False RollingBack
aws: UPDATE_ROLLBACK_FAILED
aws: ContinueRollback
status: Ready=False Repairing
status: Ready=False RollingBack
aws: UPDATE_ROLLBACK_FAILED
aws: ContinueRollback
status: Ready=False Repairing
status: Ready=False RollingBack
aws: UPDATE_ROLLBACK_FAILED
status: Ready=False StackRollbackFailed (stalled)`,
		},
		"a deletion that fails is repeated within its budget": {
			tell: func(s *story) {
				s.ready()
				s.remove()
				for range 5 {
					s.passes()
					if s.cloud.status == "DELETE_IN_PROGRESS" {
						s.finish("DELETE_FAILED")
					}
				}
			},
			want: `
user: deletes the EcsApp
aws: Delete
status: Ready=False Deleting
aws: DELETE_FAILED
aws: Delete
aws: DELETE_FAILED
aws: Delete
aws: DELETE_FAILED
aws: Delete
aws: DELETE_FAILED
status: Ready=False StackDeleteFailed (stalled)`,
		},
		"a spec that changes while AWS is busy is deployed once, afterwards": {
			tell: func(s *story) {
				s.passes()
				s.edit("changes the spec", newVersion)
				s.passes()
				s.edit("changes it again", newVersion)
				s.passes()
				s.finish("CREATE_COMPLETE")
				s.passes()
				s.finish("UPDATE_COMPLETE")
				s.passes()
			},
			want: `
aws: Create
status: Ready=False Creating
user: changes the spec
user: changes it again
aws: CREATE_COMPLETE
aws: Update
status: Ready=False Updating
aws: UPDATE_COMPLETE
status: Ready=True Ready`,
		},
		"a stack deleted by hand is created again": {
			tell: func(s *story) {
				s.ready()
				s.finish("DELETE_COMPLETE")
				s.passes()
				s.finish("CREATE_COMPLETE")
				s.passes()
			},
			want: `
aws: DELETE_COMPLETE
aws: Create
status: Ready=False Creating
aws: CREATE_COMPLETE
status: Ready=True Ready`,
		},
		"an app deleted while its stack is created ends the creation, and leaves nothing": {
			tell: func(s *story) {
				s.passes()
				s.remove()
				s.passes()
				s.finish("DELETE_COMPLETE")
				s.pass(0)
			},
			want: `
aws: Create
status: Ready=False Creating
user: deletes the EcsApp
aws: Delete
status: Ready=False Deleting
aws: DELETE_COMPLETE
kubernetes: the EcsApp is gone`,
		},
		"a retained stack outlives its app": {
			change: func(app *v1alpha1.EcsApp) { app.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain },
			tell: func(s *story) {
				s.ready()
				s.remove()
				s.pass(0)
			},
			want: `
user: deletes the EcsApp
kubernetes: the EcsApp is gone`,
		},
		"a suspended app is left alone": {
			tell: func(s *story) {
				s.ready()
				s.edit("suspends it and changes the spec", func(app *v1alpha1.EcsApp) {
					app.Spec.Suspend = true
					newVersion(app)
				})
				s.passes()
				s.edit("resumes it", func(app *v1alpha1.EcsApp) { app.Spec.Suspend = false })
				s.passes()
			},
			want: `
user: suspends it and changes the spec
status: Ready=False Suspended
user: resumes it
aws: Update
status: Ready=False Updating`,
		},
		"a foreign stack is not touched, not even on deletion": {
			tell: func(s *story) {
				s.cloud.owned, s.cloud.status = false, "CREATE_COMPLETE"
				s.passes()
				s.remove()
				s.pass(0)
			},
			want: `
status: Ready=False StackForeign (stalled)
user: deletes the EcsApp
kubernetes: the EcsApp is gone`,
		},
		"a template that AWS refuses is not sent again": {
			tell: func(s *story) {
				s.cloud.refusal = &smithy.GenericAPIError{Code: "ValidationError", Message: "Template error: no"}
				s.passes()
			},
			want: `
aws: Create
status: Ready=False InvalidTemplate (stalled)`,
		},
		"an update that changes nothing is believed": {
			tell: func(s *story) {
				s.ready()
				s.cloud.refusal = &smithy.GenericAPIError{Code: "ValidationError", Message: "No updates are to be performed."}
				s.edit("changes the spec", newVersion)
				s.passes()
			},
			want: `
user: changes the spec
aws: Update`,
		},
		"a new spec after a rollback that could not be undone is deployed": {
			tell: func(s *story) {
				s.ready()
				s.edit("changes the spec", newVersion)
				s.passes()
				for range 4 {
					s.finish("UPDATE_ROLLBACK_FAILED")
					s.passes()
				}
				s.log = nil
				s.edit("corrects the spec", newVersion)
				s.passes()
				s.finish("UPDATE_ROLLBACK_COMPLETE")
				s.passes()
				s.finish("UPDATE_COMPLETE")
				s.passes()
			},
			want: `
user: corrects the spec
aws: ContinueRollback
status: Ready=False Repairing
status: Ready=False RollingBack
aws: UPDATE_ROLLBACK_COMPLETE
aws: Update
status: Ready=False Updating
aws: UPDATE_COMPLETE
status: Ready=True Ready`,
		},
		"a retained app lets go even if AWS is gone": {
			change: func(app *v1alpha1.EcsApp) { app.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain },
			tell: func(s *story) {
				s.ready()
				s.cloud.broken = errors.New("no such host")
				s.remove()
				s.pass(0)
			},
			want: `
user: deletes the EcsApp
kubernetes: the EcsApp is gone`,
		},
		"a spec that cannot be rendered is told, and the stack is looked at all the same": {
			tell: func(s *story) {
				s.passes()
				s.edit("writes nonsense", func(app *v1alpha1.EcsApp) { app.Spec.Container.Port = 0 })
				s.passes()
				s.finish("CREATE_COMPLETE")
				s.passes()
				s.edit("corrects it", func(app *v1alpha1.EcsApp) { app.Spec.Container.Port = 8000 })
				s.passes()
			},
			want: `
aws: Create
status: Ready=False Creating
user: writes nonsense
aws: CREATE_COMPLETE
status: Ready=False InvalidTemplate (stalled)
user: corrects it
status: Ready=True Ready`,
		},
		"an app stays ready while AWS throttles": {
			tell: func(s *story) {
				s.ready()
				s.cloud.broken = &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
				s.pass(time.Minute)
				s.cloud.broken = nil
				s.passes()
			},
			want: `
status: Ready=True Throttled
status: Ready=True Ready`,
		},
		"a missing permission is told and tried again": {
			tell: func(s *story) {
				s.cloud.refusal = &smithy.GenericAPIError{Code: "AccessDenied", Message: "not authorized"}
				s.pass(0)
				s.cloud.refusal = nil
				s.passes()
			},
			want: `
aws: Create
status: Ready=False PermissionDenied
aws: Create
status: Ready=False Creating`,
		},
		"a missing image is told and nothing is created": {
			tell: func(s *story) {
				tag := s.cloud.tag
				s.cloud.tag = ""
				s.passes()
				s.cloud.tag = tag
				s.passes()
			},
			want: `
status: Ready=False ImageNotFound
aws: Create
status: Ready=False Creating`,
		},
		"a tag that moves is deployed": {
			tell: func(s *story) {
				s.ready()
				s.tellf("registry: the tag moves")
				s.cloud.tag = "sha256:" + strings.Repeat("2", 64)
				s.passes()
			},
			want: `
registry: the tag moves
aws: Update
status: Ready=False Updating`,
		},
		"a status that could not be written costs one attempt, not more": {
			tell: func(s *story) {
				s.ready()
				s.edit("changes the spec", newVersion)
				s.failWrites = errors.New("the API server is gone")
				s.pass(0)
				s.failWrites = nil
				s.finish("UPDATE_ROLLBACK_COMPLETE")
				s.passes()
				s.finish("UPDATE_ROLLBACK_COMPLETE")
				s.passes()
			},
			want: `
user: changes the spec
aws: Update
kubernetes: retry with back-off
aws: UPDATE_ROLLBACK_COMPLETE
aws: Update
status: Ready=False Updating
aws: UPDATE_ROLLBACK_COMPLETE
status: Ready=False StackRolledBack (stalled)`,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, test.change)
			test.tell(s)
			got := "\n" + strings.Join(s.log, "\n")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the story went otherwise (-want +got):\n%s", diff)
			}
		})
	}
}

// ready leads to a Ready app and begins the log there.
func (s *story) ready() {
	s.Helper()
	s.passes()
	s.finish("CREATE_COMPLETE")
	s.passes()
	s.log = nil
}

func TestAReadyAppCostsNothing(t *testing.T) {
	t.Parallel()
	s := begin(t, nil)
	s.ready()
	s.kubeWrites, s.cloud.writes = 0, 0
	for range 50 {
		s.pass(time.Minute)
	}
	if s.kubeWrites != 0 || s.cloud.writes != 0 {
		t.Errorf("50 passes over a Ready app made %d writes to Kubernetes and %d to AWS, want none", s.kubeWrites, s.cloud.writes)
	}
}
