package ecs

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// definition returns the task definition that a request names by ARN, family:revision, or family for the last
// active one. Call it locked.
func (s *Service) definition(place resource.Place, name string) (*definition, error) {
	if !strings.HasPrefix(name, "arn:") {
		if _, _, ok := strings.Cut(name, ":"); !ok {
			return s.latest(place, name)
		}
		name = arn(place, "task-definition/"+name)
	}
	if found, ok := s.definitions[name]; ok {
		return found, nil
	}
	return nil, errClient("Unable to describe task definition.")
}

func (s *Service) latest(place resource.Place, family string) (*definition, error) {
	for revision := s.revisions[familyKey{place, family}]; revision > 0; revision-- {
		found, ok := s.definitions[arn(place, fmt.Sprintf("task-definition/%s:%d", family, revision))]
		if ok && found.status == active {
			return found, nil
		}
	}
	return nil, errClient("Unable to describe task definition.")
}

type registerInput struct {
	TaskSpec

	Tags []Tag `json:"tags"`
}

type describedDefinition struct {
	TaskSpec

	TaskDefinitionArn    string     `json:"taskDefinitionArn"`
	Revision             int        `json:"revision"`
	Status               string     `json:"status"`
	RequiresAttributes   []KeyName  `json:"requiresAttributes,omitempty"`
	Compatibilities      []string   `json:"compatibilities"`
	PlacementConstraints []struct{} `json:"placementConstraints"`
	RegisteredAt         wire.Time  `json:"registeredAt,omitzero"`
	DeregisteredAt       wire.Time  `json:"deregisteredAt,omitzero"`
	RegisteredBy         string     `json:"registeredBy"`
}

type definitionOutput struct {
	TaskDefinition describedDefinition `json:"taskDefinition"`
	Tags           []Tag               `json:"tags,omitempty"`
}

func (d *definition) describe() describedDefinition {
	described := describedDefinition{
		TaskDefinitionArn: d.arn, Revision: d.revision, Status: d.status, TaskSpec: d.TaskSpec,
		RequiresAttributes: d.requires(), Compatibilities: []string{"EC2", launchFargate, "MANAGED_INSTANCES"},
		PlacementConstraints: []struct{}{},
		RegisteredAt:         wire.At(d.registered), RegisteredBy: fmt.Sprintf("arn:aws:iam::%s:user/awssim", d.place.Account),
	}
	if !d.retired.IsZero() {
		described.DeregisteredAt = wire.At(d.retired)
	}
	described.Volumes = describedVolumes(d.Volumes)
	described.ContainerDefinitions = slices.Clone(d.ContainerDefinitions)
	for i := range described.ContainerDefinitions {
		described.ContainerDefinitions[i].complete()
	}
	return described
}

// complete writes defaults out, as the service describes containers.
func (c *ContainerSpec) complete() {
	c.Essential = new(c.essential())
	c.PortMappings = append([]PortMapping{}, c.PortMappings...)
	for i := range c.PortMappings {
		c.PortMappings[i].HostPort = c.PortMappings[i].ContainerPort
		c.PortMappings[i].Protocol = c.PortMappings[i].protocol()
	}
	c.Environment = append([]KeyValue{}, c.Environment...)
	c.MountPoints, c.VolumesFrom = append([]MountPoint{}, c.MountPoints...), append([]VolumeFrom{}, c.VolumesFrom...)
	c.SystemControls = []struct{}{}
}

func (s *Service) registerTaskDefinition(_ context.Context, call *wire.Call, in *registerInput) (*definitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	made, err := s.register(call.Place(), in.TaskSpec, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	return &definitionOutput{TaskDefinition: made.describe(), Tags: sortedTags(made.tags)}, nil
}

type definitionInput struct {
	TaskDefinition string   `json:"taskDefinition"`
	Include        []string `json:"include"`
}

func (s *Service) describeTaskDefinition(_ context.Context, call *wire.Call, in *definitionInput) (*definitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.definition(call.Place(), in.TaskDefinition)
	if err != nil {
		return nil, err
	}
	out := &definitionOutput{TaskDefinition: found.describe()}
	if slices.Contains(in.Include, "TAGS") {
		out.Tags = sortedTags(found.tags)
	}
	return out, nil
}

type deregisterInput struct {
	TaskDefinition string `json:"taskDefinition"`
}

func (s *Service) deregisterTaskDefinition(
	_ context.Context, call *wire.Call, in *deregisterInput,
) (*definitionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.definition(call.Place(), in.TaskDefinition)
	if err != nil {
		return nil, errClient("The specified task definition does not exist.")
	}
	found.retire()
	return &definitionOutput{TaskDefinition: found.describe()}, nil
}

// retire makes a task definition INACTIVE: no new service may use it, those that do go on.
func (d *definition) retire() {
	if d.status == active {
		d.status, d.retired = inactive, time.Now().UTC()
	}
}

type listDefinitionsInput struct {
	pageInput

	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
	Sort         string `json:"sort"`
}

type listDefinitionsOutput struct {
	TaskDefinitionArns []string `json:"taskDefinitionArns"`
	NextToken          string   `json:"nextToken,omitempty"`
}

func (s *Service) listTaskDefinitions(
	_ context.Context, call *wire.Call, in *listDefinitionsInput,
) (*listDefinitionsOutput, error) {
	status, descending := in.Status, in.Sort == "DESC"
	if status == "" {
		status = active
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []*definition
	for _, candidate := range s.definitions {
		if candidate.place == call.Place() && candidate.status == status &&
			(in.FamilyPrefix == "" || candidate.Family == in.FamilyPrefix) {
			found = append(found, candidate)
		}
	}
	order := func(d *definition) string { return d.order(descending) }
	slices.SortFunc(found, func(a, b *definition) int { return strings.Compare(order(a), order(b)) })
	const defaultSize = 100
	size := in.MaxResults
	if size == 0 {
		size = defaultSize
	}
	page, next, err := paging.Page(found, in.NextToken, size, order)
	if err != nil {
		return nil, errInvalid("Invalid token.")
	}
	out := &listDefinitionsOutput{TaskDefinitionArns: []string{}, NextToken: next}
	for _, definition := range page {
		out.TaskDefinitionArns = append(out.TaskDefinitionArns, definition.arn)
	}
	return out, nil
}

type listFamiliesInput struct {
	pageInput

	FamilyPrefix string `json:"familyPrefix"`
	Status       string `json:"status"`
}

type listFamiliesOutput struct {
	Families  []string `json:"families"`
	NextToken string   `json:"nextToken,omitempty"`
}

// listTaskDefinitionFamilies lists families with an active revision, without one (INACTIVE), or all; without a status
// all (API reference).
func (s *Service) listTaskDefinitionFamilies(
	_ context.Context, call *wire.Call, in *listFamiliesInput,
) (*listFamiliesOutput, error) {
	if in.Status != "" && !slices.Contains([]string{active, inactive, "ALL"}, in.Status) {
		return nil, errInvalid("Invalid status: %s. Valid values are ACTIVE, INACTIVE and ALL.", in.Status)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var families []string
	for key := range s.revisions {
		_, err := s.latest(key.Place, key.family)
		wanted := in.Status == "" || in.Status == "ALL" || (in.Status == active) == (err == nil)
		if key.Place == call.Place() && strings.HasPrefix(key.family, in.FamilyPrefix) && wanted {
			families = append(families, key.family)
		}
	}
	page, next, err := in.page(families)
	return &listFamiliesOutput{Families: page, NextToken: next}, err
}

// order sorts by family and revision; in a descending listing the last revision of a family comes first.
func (d *definition) order(descending bool) string {
	const mostRevisions = 1_000_000_000
	revision := d.revision
	if descending {
		revision = mostRevisions - revision
	}
	return fmt.Sprintf("%s %09d", d.Family, revision)
}

type definitionProvider struct{ *Service }

// definitionProperties are the properties of AWS::ECS::TaskDefinition that are acted on.
type definitionProperties struct {
	TaskSpec

	Tags []Tag
}

// Create registers a revision. Every change of a task definition is a replacement.
func (p *definitionProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted definitionProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	if wanted.Family == "" {
		wanted.Family = props.GeneratedName(r.StackName, r.LogicalID)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	made, err := p.register(r.Place, wanted.TaskSpec, mergeTags(r, wanted.Tags))
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return made.result(), nil
}

func (d *definition) result() resource.Result {
	return resource.Result{PhysicalID: d.arn, Attributes: map[string]any{"TaskDefinitionArn": d.arn}}
}

// Update changes tags.
func (p *definitionProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	var wanted definitionProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return resource.Result{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	found, ok := p.definitions[r.PhysicalID]
	if !ok {
		return resource.Result{}, props.NotFound(r.Type, r.PhysicalID)
	}
	found.tags = mergeTags(r, wanted.Tags)
	return found.result(), nil
}

// Delete deregisters the revision, as CloudFormation does.
func (p *definitionProvider) Delete(_ context.Context, r resource.Request) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if found, ok := p.definitions[r.PhysicalID]; ok {
		found.retire()
	}
	return nil
}
