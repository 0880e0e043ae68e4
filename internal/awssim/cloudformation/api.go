package cloudformation

import "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"

// API returns the operations of CloudFormation.
func (s *Service) API() wire.Service {
	return wire.Service{
		Name: "cloudformation", Protocol: wire.Query, Version: "2010-05-15",
		Namespace: "http://cloudformation.amazonaws.com/doc/2010-05-15/",
		Operations: map[string]wire.Handler{
			"CancelUpdateStack":                 wire.Op(s.cancelUpdateStack),
			"ContinueUpdateRollback":            wire.Op(s.continueUpdateRollback),
			"CreateChangeSet":                   wire.Op(s.createChangeSet),
			"CreateStack":                       wire.Op(s.createStack),
			"DeleteChangeSet":                   wire.Op(s.deleteChangeSet),
			"DeleteStack":                       wire.Op(s.deleteStack),
			"DescribeChangeSet":                 wire.Op(s.describeChangeSet),
			"DescribeEvents":                    wire.Op(s.describeEvents),
			"DescribeStackEvents":               wire.Op(s.describeStackEvents),
			"DescribeStackResource":             wire.Op(s.describeStackResource),
			"DescribeStackResources":            wire.Op(s.describeStackResources),
			"DescribeStacks":                    wire.Op(s.describeStacks),
			"DetectStackDrift":                  wire.Op(s.detectStackDrift),
			"DetectStackResourceDrift":          wire.Op(s.detectStackResourceDrift),
			"DescribeStackDriftDetectionStatus": wire.Op(s.describeStackDriftDetectionStatus),
			"DescribeStackResourceDrifts":       wire.Op(s.describeStackResourceDrifts),
			"ExecuteChangeSet":                  wire.Op(s.executeChangeSet),
			"GetStackPolicy":                    wire.Op(s.getStackPolicy),
			"GetTemplate":                       wire.Op(s.getTemplate),
			"GetTemplateSummary":                wire.Op(s.getTemplateSummary),
			"ListChangeSets":                    wire.Op(s.listChangeSets),
			"ListExports":                       wire.Op(s.listExports),
			"ListImports":                       wire.Op(s.listImports),
			"ListStackResources":                wire.Op(s.listStackResources),
			"ListStacks":                        wire.Op(s.listStacks),
			"RollbackStack":                     wire.Op(s.rollbackStack),
			"SetStackPolicy":                    wire.Op(s.setStackPolicy),
			"UpdateStack":                       wire.Op(s.updateStack),
			"UpdateTerminationProtection":       wire.Op(s.updateTerminationProtection),
			"ValidateTemplate":                  wire.Op(s.validateTemplate),
		},
	}
}

type tag struct{ Key, Value string }

// stackID is the answer of the operations that only name their stack, and the operation that they began.
type stackID struct {
	StackID     string `query:"StackId"`
	OperationID string `query:"OperationId"`
}

// living finds a stack that was not deleted, for operations that change it.
func (s *Service) living(call *wire.Call, nameOrID string, missing func(string) error) (*stack, error) {
	var wrong violations
	wrong.name(nameOrID)
	if err := wrong.err(); err != nil {
		return nil, err
	}
	st, ok := s.store.find(call.Place(), nameOrID)
	if !ok {
		return nil, missing(nameOrID)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.status == deleteComplete {
		return nil, missing(nameOrID)
	}
	return st, nil
}

// repeated reports whether a token was seen on the stack for the same operation: the call is a retry, and
// nothing is done twice. The same token for another operation is refused. The caller holds st.mu.
func (st *stack) repeated(kind, token string) (bool, error) {
	known, ok := st.tokens[token]
	switch {
	case token == "" || !ok:
		return false, nil
	case known != kind:
		return false, fail("TokenAlreadyExistsException", "Token %s was already used by %s", token, known)
	default:
		return true, nil
	}
}
