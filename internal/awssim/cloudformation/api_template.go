package cloudformation

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/cloudformation/document"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type getTemplateInput struct{ StackName, ChangeSetName, TemplateStage string }

type getTemplateOutput struct {
	TemplateBody    string
	StagesAvailable []string
}

func (s *Service) getTemplate(_ context.Context, call *wire.Call, in *getTemplateInput) (*getTemplateOutput, error) {
	var wrong violations
	if in.ChangeSetName == "" {
		wrong.name(in.StackName)
	}
	wrong.oneOf(in.TemplateStage, "templateStage", "Original", "Processed")
	if err := wrong.err(); err != nil {
		return nil, err
	}
	template, err := s.templateOf(call, in)
	if err != nil {
		return nil, err
	}
	return &getTemplateOutput{TemplateBody: template.Body, StagesAvailable: []string{"Original", "Processed"}}, nil
}

// templateOf returns the template of a stack or of a change set.
func (s *Service) templateOf(call *wire.Call, in *getTemplateInput) (*document.Template, error) {
	if in.ChangeSetName == "" {
		st, ok := s.store.find(call.Place(), in.StackName)
		if !ok {
			return nil, notFound(in.StackName)
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.deployed.template, nil
	}
	if !strings.HasPrefix(in.ChangeSetName, "arn:") && in.StackName == "" {
		return nil, invalid("StackName is a required parameter.")
	}
	_, found, err := s.changeSetOf(call, in.ChangeSetName, in.StackName)
	if err != nil {
		return nil, err
	}
	return found.deployed.template, nil
}

type validateTemplateInput struct {
	TemplateBody *string
	TemplateURL  string
}

type validateTemplateOutput struct {
	Description        string
	Parameters         []templateParameter
	Capabilities       []string
	CapabilitiesReason string
	DeclaredTransforms []string
}

type templateParameter struct {
	ParameterKey string
	DefaultValue *string
	NoEcho       bool
	Description  string
}

func (s *Service) validateTemplate(
	_ context.Context, call *wire.Call, in *validateTemplateInput,
) (*validateTemplateOutput, error) {
	template, err := s.givenTemplate(call, in.TemplateBody, in.TemplateURL)
	if err != nil {
		return nil, err
	}
	if err := s.checkTypes(template, nil); err != nil {
		return nil, err
	}
	out := &validateTemplateOutput{
		Description: template.Description, Parameters: []templateParameter{}, DeclaredTransforms: template.Transforms,
	}
	for _, name := range sortedKeys(template.Parameters) {
		declared := template.Parameters[name]
		out.Parameters = append(out.Parameters, templateParameter{
			ParameterKey: name, DefaultValue: declared.Default, NoEcho: declared.NoEcho, Description: declared.Description,
		})
	}
	out.Capabilities, out.CapabilitiesReason = explainCapabilities(template)
	return out, nil
}

func (s *Service) givenTemplate(call *wire.Call, body *string, url string) (*document.Template, error) {
	var wrong violations
	if body != nil {
		wrong.body(*body)
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return s.template(call, body, url)
}

// explainCapabilities says what a template needs to be acknowledged, and why, in the words of AWS.
func explainCapabilities(template *document.Template) ([]string, string) {
	needed, types := requiredCapability(template)
	if (&deployment{template: template}).nests() { // whatever is nested may need them (quoted)
		types = append(types, stackType)
		slices.Sort(types)
		return []string{capabilityNamedIAM, capabilityAutoExpand}, requiring(types)
	}
	if needed == "" {
		return nil, ""
	}
	return []string{needed}, requiring(types)
}

func requiring(types []string) string {
	return "The following resource(s) require capabilities: [" + strings.Join(types, ", ") + "]"
}

type getTemplateSummaryInput struct {
	StackName    string
	TemplateBody *string
	TemplateURL  string
}

type getTemplateSummaryOutput struct {
	Parameters         []summaryParameter
	Description        string
	Capabilities       []string
	CapabilitiesReason string
	ResourceTypes      []string
	Version            string
	Metadata           string
	DeclaredTransforms []string
	// ResourceIdentifierSummaries tell how the resources would be identified in an import.
	ResourceIdentifierSummaries []identifierSummary
}

type summaryParameter struct {
	ParameterKey         string
	DefaultValue         *string
	ParameterType        string
	NoEcho               bool
	Description          string
	ParameterConstraints parameterConstraints
}

type parameterConstraints struct{ AllowedValues []string }

func (s *Service) getTemplateSummary(
	_ context.Context, call *wire.Call, in *getTemplateSummaryInput,
) (*getTemplateSummaryOutput, error) {
	template, err := s.summarized(call, in)
	if err != nil {
		return nil, err
	}
	out := &getTemplateSummaryOutput{
		Parameters: []summaryParameter{}, Description: template.Description, Version: "2010-09-09",
		DeclaredTransforms: template.Transforms,
	}
	for _, name := range sortedKeys(template.Parameters) {
		declared := template.Parameters[name]
		out.Parameters = append(out.Parameters, summaryParameter{
			ParameterKey: name, DefaultValue: declared.Default, ParameterType: declared.Type, NoEcho: declared.NoEcho,
			Description: declared.Description, ParameterConstraints: parameterConstraints{AllowedValues: orEmpty(declared.AllowedValues)},
		})
	}
	out.Metadata = summarizeMetadata(template)
	for _, logicalID := range hashedKeys(template.Resources) { // one for each resource (examples of the command line)
		out.ResourceTypes = append(out.ResourceTypes, template.Resources[logicalID].Type)
	}
	out.Capabilities, out.CapabilitiesReason = explainCapabilities(template)
	out.ResourceIdentifierSummaries = s.identifierSummaries(template)
	if in.StackName != "" { // recorded: what a stack has is not told as something to import
		for i := range out.ResourceIdentifierSummaries {
			out.ResourceIdentifierSummaries[i].ResourceIdentifiers = nil
		}
	}
	return out, nil
}

func (s *Service) summarized(call *wire.Call, in *getTemplateSummaryInput) (*document.Template, error) {
	if in.StackName == "" {
		return s.givenTemplate(call, in.TemplateBody, in.TemplateURL)
	}
	st, err := s.stackOf(call, in.StackName)
	if err != nil {
		return nil, err
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.status == reviewInProgress {
		return nil, invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
	}
	return st.deployed.template, nil
}

type listExportsInput struct{ NextToken string }

type listExportsOutput struct {
	Exports   []describedExport
	NextToken *string
}

type describedExport struct {
	ExportingStackID string `query:"ExportingStackId"`
	Name, Value      string
}

func (s *Service) listExports(_ context.Context, call *wire.Call, in *listExportsInput) (*listExportsOutput, error) {
	exports := []describedExport{}
	for _, e := range s.store.exported(call.Place(), "") {
		exports = append(exports, describedExport{ExportingStackID: e.stackID, Name: e.name, Value: e.value})
	}
	shown, next, err := page(exports, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listExportsOutput{Exports: shown, NextToken: next}, nil
}

type listImportsInput struct{ ExportName, NextToken string }

type listImportsOutput struct {
	Imports   []string
	NextToken *string
}

func (s *Service) listImports(_ context.Context, call *wire.Call, in *listImportsInput) (*listImportsOutput, error) {
	importers := s.store.importers(call.Place(), in.ExportName)
	if len(importers) == 0 {
		return nil, invalid("Export '%s' is not imported by any stack.", in.ExportName)
	}
	shown, next, err := page(importers, in.NextToken)
	if err != nil {
		return nil, err
	}
	return &listImportsOutput{Imports: shown, NextToken: next}, nil
}
