package cloudformation

import (
	"maps"
	"slices"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/intrinsic"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// The kept forms mirror what they keep, field by field; TestAllOfAStackIsKept names what is left out, and why.

type keptService struct {
	Templates []string // bodies
	Stacks    []keptStack
	Exports   []keptExport
	Handles   []keptHandle
}

type keptExport struct {
	resource.Place

	StackID, Name, Value string
}

type keptStack struct {
	resource.Place

	ID, Name                  string
	Created, Updated, Deleted time.Time
	Status                    status
	Reason                    string
	Deployed                  *keptDeployment
	Records                   map[string]keptRecord
	Outputs                   map[string]intrinsic.Output
	Imports                   map[string]bool
	Events                    []keptEvent
	TerminationProtection     bool
	Policy, DuringUpdate      string // bodies
	DisableRollback           bool
	Tokens                    map[string]string
	ChangeSets                []keptChangeSet
	ChangeSetID               string
	LastOperations            []operationEntry
	Unfinished                *keptUpdate
	Retain                    []string // of a deletion under way
	Force                     bool
	ParentID, RootID, Nested  string // of a nested stack: whose it is, and its logical id there
	Led                       bool
}

type keptDeployment struct {
	Template         int // its place in keptService.Templates; -1 for none
	Parameters       map[string]keptParameter
	Tags             []tag
	Capabilities     []string
	NotificationARNs []string
	RoleARN          string
	Timeout          *int
	Rollback         rollbackConfiguration
	Imports          map[string]string
	Nested           map[string]nestedSet
	Config           *deploymentConfig
}

type keptParameter struct {
	Value          string
	IsList, NoEcho bool
	IsStored       bool
	Stored         string
}

type keptRecord struct {
	LogicalID, PhysicalID, Type            string
	Status                                 status
	Reason                                 string
	Changed                                time.Time
	Definition                             *document.Resource
	Dependencies                           []string
	Properties, Shown, Attempted, Metadata resource.Properties
	Attributes                             map[string]any
	Tags                                   map[string]string
	Touched, DeletedFirst, Skipped, Import bool
	Replaced, Snapshot                     bool
}

type keptEvent struct {
	ID, Token, OperationID, OperationType string
	LogicalID, PhysicalID, Type           string
	Status                                status
	Reason                                string
	At                                    time.Time
	Properties                            resource.Properties
}

type keptChangeSet struct {
	ID, Name, Kind, Description, Token string
	Created                            time.Time
	Deployed                           *keptDeployment
	OnFailure                          string
	Timeout                            time.Duration
	RetainExceptOnCreate               bool
	Status, Execution, Reason          string
	RevertDrift, ImportExisting        bool
	Imports                            []resourceToImport
	IncludeNested                      bool
	Parent, Root                       string
}

type keptUpdate struct {
	Before               *keptDeployment
	RetainExceptOnCreate bool
	Policy               string // a body
	Records              map[string]keptRecord
	Garbage              []keptLeftover
	Nested               []string
}

type keptLeftover struct {
	Record keptRecord
	Retain bool
}

// Keep returns all stacks, deleted ones included.
func (s *Service) Keep() ([]byte, error) {
	all := &keptService{Handles: s.waits.keep()}
	s.store.mu.RLock()
	for place, exports := range s.store.exports {
		for _, each := range exports {
			all.Exports = append(all.Exports, keptExport{place, each.stackID, each.name, each.value})
		}
	}
	stacks := slices.Clone(s.store.ordered)
	s.store.mu.RUnlock()
	for _, st := range stacks {
		st.mu.Lock()
		all.Stacks = append(all.Stacks, all.stack(st))
		st.mu.Unlock()
	}
	return state.Write(all)
}

// stack keeps a stack. The caller holds its mu; its maps are copied, because they change when it is given back.
func (k *keptService) stack(st *stack) keptStack {
	kept := keptStack{
		Place: st.Place, ID: st.id, Name: st.name, Created: st.created, Updated: st.updated, Deleted: st.deleted,
		Status: st.status, Reason: st.reason, Deployed: k.deployment(st.deployed), Records: make(map[string]keptRecord),
		Outputs: maps.Clone(st.outputs), Imports: maps.Clone(st.imports), TerminationProtection: st.terminationProtection,
		Policy: st.policy.text(), DuringUpdate: st.policyDuringUpdate.text(), DisableRollback: st.disableRollback,
		Tokens: maps.Clone(st.tokens), ChangeSetID: st.changeSetID, LastOperations: slices.Clone(st.lastOperations),
		Retain: st.deletion.retain, Force: st.deletion.force,
		ParentID: st.nesting.parentID, RootID: st.nesting.rootID, Nested: st.nesting.logicalID, Led: st.led,
	}
	for name, r := range st.records {
		kept.Records[name] = keepRecord(r)
	}
	for _, e := range st.events {
		kept.Events = append(kept.Events, keptEvent{
			e.id, e.token, e.operationID, e.operationType, e.logicalID, e.physicalID, e.typeOfThing, e.status, e.reason, e.at,
			e.properties,
		})
	}
	for _, c := range st.changeSets {
		kept.ChangeSets = append(kept.ChangeSets, keptChangeSet{
			c.id, c.name, c.kind, c.description, c.token, c.created, k.deployment(c.deployed), c.how.onFailure, c.how.timeout,
			c.how.retainExceptOnCreate, c.status, c.execution, c.reason, c.revertDrift, c.importExisting, c.imports,
			c.lineage.includeNested, c.lineage.parentID, c.lineage.rootID,
		})
	}
	if u := st.unfinished; u != nil {
		kept.Unfinished = &keptUpdate{
			Before: k.deployment(u.before), RetainExceptOnCreate: u.retainExceptOnCreate, Records: make(map[string]keptRecord),
			Nested: slices.Clone(u.nested),
			Policy: u.policy.text(),
		}
		for name, r := range u.records {
			kept.Unfinished.Records[name] = keepRecord(&r)
		}
		for _, left := range u.garbage {
			kept.Unfinished.Garbage = append(kept.Unfinished.Garbage, keptLeftover{keepRecord(left.record), left.retain})
		}
	}
	return kept
}

func (k *keptService) deployment(d *deployment) *keptDeployment {
	if d == nil {
		return nil
	}
	kept := &keptDeployment{
		Template: k.template(d.template), Parameters: make(map[string]keptParameter), Tags: d.tags, Capabilities: d.capabilities,
		NotificationARNs: d.notificationARNs, RoleARN: d.roleARN, Timeout: d.timeout,
		Rollback: d.rollback, Imports: d.imports, Nested: d.nested, Config: d.config,
	}
	for name, p := range d.parameters {
		kept.Parameters[name] = keptParameter{p.value, p.isList, p.noEcho, p.isStored, p.stored}
	}
	return kept
}

// template returns the place of a template's body, which all deployments share.
func (k *keptService) template(of *document.Template) int {
	if of.Body == "" { // of a stack in REVIEW_IN_PROGRESS
		return -1
	}
	if at := slices.Index(k.Templates, of.Body); at >= 0 {
		return at
	}
	k.Templates = append(k.Templates, of.Body)
	return len(k.Templates) - 1
}

func keepRecord(r *record) keptRecord {
	return keptRecord{
		LogicalID: r.logicalID, PhysicalID: r.physicalID, Type: r.resourceType, Status: r.status, Reason: r.reason,
		Changed: r.changed, Definition: r.definition, Dependencies: r.dependencies, Properties: r.properties, Shown: r.shown,
		Attempted: r.attempted, Attributes: r.attributes, Tags: r.tags, Touched: r.touched, DeletedFirst: r.deletedFirst,
		Skipped: r.skipped, Import: r.imported, Replaced: r.replaced, Snapshot: r.snapshot, Metadata: r.metadata,
	}
}
