package logs

import (
	"context"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describeLogGroupsInput struct {
	LogGroupNamePrefix  string `json:"logGroupNamePrefix"`
	LogGroupNamePattern string `json:"logGroupNamePattern"`
	LogGroupClass       string `json:"logGroupClass"`
	NextToken           string `json:"nextToken"`
	Limit               *int   `json:"limit"`
}

type logGroup struct {
	LogGroupName      string `json:"logGroupName"`
	CreationTime      int64  `json:"creationTime"`
	RetentionInDays   int    `json:"retentionInDays,omitempty"`
	MetricFilterCount int    `json:"metricFilterCount"`
	Arn               string `json:"arn"`
	StoredBytes       *int64 `json:"storedBytes,omitempty"`
	LogGroupClass     string `json:"logGroupClass"`
	LogGroupArn       string `json:"logGroupArn"`
	KmsKeyID          string `json:"kmsKeyId,omitempty"`
	// DeletionProtectionEnabled is always false.
	DeletionProtectionEnabled *bool `json:"deletionProtectionEnabled,omitempty"`
}

type describeLogGroupsOutput struct {
	LogGroups []logGroup `json:"logGroups"`
	NextToken string     `json:"nextToken,omitempty"`
}

const maxDescribed = 50

func (s *Service) describeLogGroups(
	_ context.Context, call *wire.Call, in *describeLogGroupsInput,
) (*describeLogGroupsOutput, error) {
	limit, err := limitOf(in.Limit, maxDescribed)
	if err != nil {
		return nil, err
	}
	if in.LogGroupNamePrefix != "" && in.LogGroupNamePattern != "" {
		return nil, wire.Errorf("InvalidParameterException",
			"LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	described := []logGroup{}
	for key, group := range s.groups {
		if key.Place == call.Place() && in.matches(group) {
			one := group.describe()
			if in.LogGroupNamePattern != "" { // a search has neither, as it was recorded
				one.StoredBytes, one.DeletionProtectionEnabled = nil, nil
			}
			described = append(described, one)
		}
	}
	slices.SortFunc(described, func(a, b logGroup) int { return strings.Compare(a.LogGroupName, b.LogGroupName) })
	page, next, err := paging.Page(described, in.NextToken, limit, func(g logGroup) string { return g.LogGroupName })
	if err != nil {
		return nil, badToken(err)
	}
	return &describeLogGroupsOutput{LogGroups: page, NextToken: next}, nil
}

func (in *describeLogGroupsInput) matches(group *group) bool {
	return strings.HasPrefix(group.key.name, in.LogGroupNamePrefix) &&
		strings.Contains(strings.ToLower(group.key.name), strings.ToLower(in.LogGroupNamePattern)) &&
		(in.LogGroupClass == "" || in.LogGroupClass == group.class)
}

func (g *group) describe() logGroup {
	described := logGroup{
		LogGroupName: g.key.name, CreationTime: g.created.UnixMilli(), RetentionInDays: g.retention,
		Arn: g.arn() + ":*", LogGroupClass: g.class, LogGroupArn: g.arn(), KmsKeyID: g.kmsKeyID,
		MetricFilterCount: len(g.filters), StoredBytes: new(int64), DeletionProtectionEnabled: new(bool),
	}
	for _, stream := range g.streams {
		*described.StoredBytes += stream.bytes
	}
	return described
}
