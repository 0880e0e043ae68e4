package rds

import (
	"context"
	"fmt"
	"os"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type describedSnapshot struct {
	DBSnapshotIdentifier, DBInstanceIdentifier, Engine, Status, AvailabilityZone string

	SnapshotCreateTime, InstanceCreateTime                                 wire.Time
	AllocatedStorage, Port, PercentProgress                                int
	MasterUsername, EngineVersion, LicenseModel, SnapshotType, StorageType string
	DBSnapshotArn                                                          string
	DbiResourceID                                                          string `query:"DbiResourceId"`
	Encrypted                                                              bool
	TagList                                                                []tag `item:"Tag"`
}

func (s *snapshot) describe() describedSnapshot {
	const whole = 100
	described := describedSnapshot{
		DBSnapshotIdentifier: s.key.id, DBInstanceIdentifier: s.of.key.id, Engine: s.of.Engine, Status: s.status,
		AvailabilityZone: s.of.AvailabilityZone, SnapshotCreateTime: wire.At(s.created), InstanceCreateTime: wire.At(s.of.created),
		AllocatedStorage: number(s.of.AllocatedStorage), Port: s.of.port, PercentProgress: whole,
		MasterUsername: s.of.MasterUsername, EngineVersion: s.of.EngineVersion, LicenseModel: s.of.LicenseModel,
		SnapshotType: s.kind, StorageType: s.of.StorageType, DBSnapshotArn: s.arn(), DbiResourceID: s.of.resourceID,
		Encrypted: isSet(s.of.StorageEncrypted), TagList: []tag{},
	}
	if s.status != available {
		described.PercentProgress = 0
	}
	for _, sorted := range props.SortedTags(s.tags) {
		described.TagList = append(described.TagList, tag(sorted))
	}
	return described
}

type createDBSnapshotInput struct {
	DBSnapshotIdentifier, DBInstanceIdentifier string
	Tags                                       []tag `item:"Tag"`
}

type snapshotOutput struct{ DBSnapshot describedSnapshot }

func (s *Service) createDBSnapshot(_ context.Context, call *wire.Call, in *createDBSnapshotInput) (*snapshotOutput, error) {
	made, err := s.announce(call.Place(), in.DBInstanceIdentifier, in.DBSnapshotIdentifier, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	out := &snapshotOutput{DBSnapshot: made.describe()}
	s.mu.Unlock()
	s.work.Go(func() {
		if err := s.fill(s.life, made); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			made.status = failed
		}
	})
	return out, nil
}

type describeDBSnapshotsInput struct {
	pageInput

	DBInstanceIdentifier, DBSnapshotIdentifier, SnapshotType string
}

type describeDBSnapshotsOutput struct {
	DBSnapshots []describedSnapshot `item:"DBSnapshot"`
	Marker      string
}

func (s *Service) describeDBSnapshots(
	_ context.Context, call *wire.Call, in *describeDBSnapshotsInput,
) (*describeDBSnapshotsOutput, error) {
	if len(in.Filters) > 0 {
		return nil, wire.Unsupported(call, "Filters")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id := in.DBSnapshotIdentifier; id != "" && s.copies("")[keyOf(call.Place(), idOf(id))] == nil {
		return nil, errNoSnapshot(id)
	}
	found := []*snapshot{}
	for key, each := range s.copies("") {
		wanted := key.Place == call.Place() &&
			(in.DBSnapshotIdentifier == "" || keyOf(key.Place, idOf(in.DBSnapshotIdentifier)) == key) &&
			(in.DBInstanceIdentifier == "" || keyOf(key.Place, idOf(in.DBInstanceIdentifier)).id == each.of.key.id) &&
			(in.SnapshotType == "" || in.SnapshotType == each.kind)
		if wanted {
			found = append(found, each)
		}
	}
	page, next, err := pageOf(found, in.pageInput, func(s *snapshot) string { return s.key.id })
	if err != nil {
		return nil, err
	}
	out := &describeDBSnapshotsOutput{DBSnapshots: []describedSnapshot{}, Marker: next}
	for _, each := range page {
		out.DBSnapshots = append(out.DBSnapshots, each.describe())
	}
	return out, nil
}

type snapshotInput struct{ DBSnapshotIdentifier string }

func (s *Service) deleteDBSnapshot(_ context.Context, call *wire.Call, in *snapshotInput) (*snapshotOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.copies("")[keyOf(call.Place(), in.DBSnapshotIdentifier)]
	if found == nil {
		return nil, errNoSnapshot(in.DBSnapshotIdentifier)
	}
	if found.status == creating {
		return nil, wire.Errorf("InvalidDBSnapshotState", "The snapshot %s is not in available state.", found.key.id)
	}
	if err := os.RemoveAll(found.folder); err != nil {
		return nil, fmt.Errorf("removing the snapshot: %w", err)
	}
	delete(s.copies(""), found.key)
	out := &snapshotOutput{DBSnapshot: found.describe()}
	out.DBSnapshot.Status = "deleted"
	return out, nil
}

// tagged returns the tags of what an ARN names. Call it locked.
func (s *Service) tagged(call *wire.Call, name string) (map[string]string, error) {
	at := keyOf(call.Place(), idOf(name))
	if name == arn(at.Place, "snapshot", at.id) {
		if found := s.copies("")[at]; found != nil {
			if found.tags == nil {
				found.tags = make(map[string]string)
			}
			return found.tags, nil
		}
		return nil, errNoSnapshot(at.id)
	}
	if name == arn(at.Place, clusterKind, at.id) {
		found, err := s.clusterOf(at.Place, at.id)
		if err != nil {
			return nil, err
		}
		return found.tags, nil
	}
	if name != arn(at.Place, "db", at.id) {
		return nil, errValue("awssim has tags of instances, clusters and snapshots only: %s", name)
	}
	found, err := s.instance(at.Place, at.id)
	if err != nil {
		return nil, err
	}
	return found.tags, nil
}

type tagsInput struct {
	ResourceName string
	Tags         []tag    `item:"Tag"`
	TagKeys      []string // its items are called member
}

type tagsOutput struct {
	TagList []tag `item:"Tag"`
}

func (s *Service) listTagsForResource(_ context.Context, call *wire.Call, in *tagsInput) (*tagsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(call, in.ResourceName)
	if err != nil {
		return nil, err
	}
	out := &tagsOutput{TagList: []tag{}}
	for _, sorted := range props.SortedTags(tags) {
		out.TagList = append(out.TagList, tag(sorted))
	}
	return out, nil
}

func (s *Service) addTagsToResource(_ context.Context, call *wire.Call, in *tagsInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(call, in.ResourceName)
	if err != nil {
		return nil, err
	}
	for _, given := range in.Tags {
		tags[given.Key] = given.Value
	}
	return &wire.None{}, nil
}

func (s *Service) removeTagsFromResource(_ context.Context, call *wire.Call, in *tagsInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, err := s.tagged(call, in.ResourceName)
	if err != nil {
		return nil, err
	}
	for _, gone := range in.TagKeys {
		delete(tags, gone)
	}
	return &wire.None{}, nil
}
