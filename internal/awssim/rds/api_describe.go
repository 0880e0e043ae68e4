package rds

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Page sizes (API reference).
const (
	leastRecords = 20
	mostRecords  = 100
)

type filter struct {
	Name   string
	Values []string `item:"Value"`
}

type pageInput struct {
	Filters    []filter `item:"Filter"`
	MaxRecords *int
	Marker     string
}

func pageOf[T any](items []T, in pageInput, key func(T) string) ([]T, string, error) {
	limit := mostRecords
	if in.MaxRecords != nil {
		limit = *in.MaxRecords
	}
	if limit < leastRecords || limit > mostRecords {
		return nil, "", errValue("Invalid value %d for MaxRecords. Must be between %d and %d", limit, leastRecords, mostRecords)
	}
	slices.SortFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	page, next, err := paging.Page(items, in.Marker, limit, key)
	if err != nil {
		return nil, "", errValue("The request token is not valid: %s", in.Marker)
	}
	return page, next, nil
}

type describeDBInstancesInput struct {
	pageInput

	DBInstanceIdentifier string
}

type describeDBInstancesOutput struct {
	DBInstances []describedInstance `item:"DBInstance"`
	Marker      string
}

func (s *Service) describeDBInstances(
	_ context.Context, call *wire.Call, in *describeDBInstancesInput,
) (*describeDBInstancesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []*instance{}
	if in.DBInstanceIdentifier != "" {
		named, err := s.instance(call.Place(), idOf(in.DBInstanceIdentifier))
		if err != nil {
			return nil, err
		}
		found = append(found, named)
	} else {
		for key, each := range s.instances {
			if key.Place == call.Place() {
				found = append(found, each)
			}
		}
	}
	found, err := filtered(call, in.Filters, found)
	if err != nil {
		return nil, err
	}
	page, next, err := pageOf(found, in.pageInput, func(i *instance) string { return i.key.id })
	if err != nil {
		return nil, err
	}
	out := &describeDBInstancesOutput{DBInstances: []describedInstance{}, Marker: next}
	for _, each := range page {
		out.DBInstances = append(out.DBInstances, s.describe(each))
	}
	return out, nil
}

// idOf returns the identifier in an ARN, or the text itself.
func idOf(text string) string { return text[strings.LastIndex(text, ":")+1:] }

// filtered returns the instances that pass all filters.
func filtered(call *wire.Call, filters []filter, all []*instance) ([]*instance, error) {
	for _, each := range filters {
		var value func(*instance) string
		switch each.Name {
		case "db-instance-id":
			value = func(i *instance) string { return i.key.id }
		case "dbi-resource-id":
			value = func(i *instance) string { return i.resourceID }
		case "engine":
			value = func(i *instance) string { return i.Engine }
		default:
			return nil, wire.Unsupported(call, "the filter "+each.Name)
		}
		all = slices.DeleteFunc(all, func(i *instance) bool {
			return !slices.ContainsFunc(each.Values, func(wanted string) bool { return idOf(wanted) == value(i) })
		})
	}
	return all, nil
}

type describeDBSubnetGroupsInput struct {
	pageInput

	DBSubnetGroupName string
}

type describeDBSubnetGroupsOutput struct {
	DBSubnetGroups []subnetGroup `item:"DBSubnetGroup"`
	Marker         string
}

func (s *Service) describeDBSubnetGroups(
	_ context.Context, call *wire.Call, in *describeDBSubnetGroupsInput,
) (*describeDBSubnetGroupsOutput, error) {
	if len(in.Filters) > 0 {
		return nil, wire.Unsupported(call, "Filters")
	}
	names := slices.Collect(maps.Keys(s.Records.List(call.Place(), subnetGroupType)))
	if wanted := strings.ToLower(in.DBSubnetGroupName); wanted != "" {
		names = slices.DeleteFunc(names, func(name string) bool { return name != wanted })
		if len(names) == 0 {
			return nil, &wire.Error{
				Code: "DBSubnetGroupNotFoundFault", Message: fmt.Sprintf("DBSubnetGroup '%s' not found.", wanted), Status: statusNotFound,
			}
		}
	}
	page, next, err := pageOf(names, in.pageInput, func(name string) string { return name })
	if err != nil {
		return nil, err
	}
	out := &describeDBSubnetGroupsOutput{DBSubnetGroups: []subnetGroup{}, Marker: next}
	for _, name := range page {
		out.DBSubnetGroups = append(out.DBSubnetGroups, *s.subnetGroup(call.Place(), name))
	}
	return out, nil
}

type describeDBEngineVersionsInput struct {
	pageInput

	Engine, EngineVersion, DBParameterGroupFamily string
	DefaultOnly                                   bool
}

type engineVersion struct {
	Engine, MajorEngineVersion, EngineVersion, DBParameterGroupFamily, DBEngineDescription, DBEngineVersionDescription, Status string
}

type describeDBEngineVersionsOutput struct {
	DBEngineVersions []engineVersion `item:"DBEngineVersion"`
	Marker           string
}

// describeDBEngineVersions answers the one version that is installed.
func (s *Service) describeDBEngineVersions(
	ctx context.Context, call *wire.Call, in *describeDBEngineVersionsInput,
) (*describeDBEngineVersionsOutput, error) {
	if len(in.Filters) > 0 {
		return nil, wire.Unsupported(call, "Filters")
	}
	out := &describeDBEngineVersionsOutput{DBEngineVersions: []engineVersion{}}
	installed, err := s.Find()
	if err != nil {
		return out, nil //nolint:nilerr // then there is no version
	}
	version, err := installed.Version(ctx)
	if err != nil {
		return nil, err
	}
	major, _, _ := strings.Cut(version, ".")
	family := postgres + major
	if (in.Engine == "" || in.Engine == postgres) && strings.HasPrefix(version, in.EngineVersion) &&
		(in.DBParameterGroupFamily == "" || in.DBParameterGroupFamily == family) {
		out.DBEngineVersions = append(out.DBEngineVersions, engineVersion{
			Engine: postgres, MajorEngineVersion: major, EngineVersion: version, DBParameterGroupFamily: family,
			DBEngineDescription: "PostgreSQL", DBEngineVersionDescription: "PostgreSQL " + version, Status: "available",
		})
	}
	return out, nil
}
