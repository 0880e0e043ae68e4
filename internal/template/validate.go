package template

import "github.com/ecsapp-dev/ecsapp-operator/internal/cfn"

// Validate checks the template against the schemas of its resources and CloudFormation's limits, as far as that can be
// done without AWS. The error names the resource and the property.
func (t Template) Validate() error { return cfn.Validate(t.Body) }
