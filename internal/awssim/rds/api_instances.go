package rds

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type tag struct{ Key, Value string }

func tagMap(tags []tag) map[string]string {
	table := make(map[string]string, len(tags))
	for _, each := range tags {
		table[each.Key] = each.Value
	}
	return table
}

type createDBInstanceInput struct {
	settings

	Port                *int
	VpcSecurityGroupIDs []string `item:"VpcSecurityGroupId" query:"VpcSecurityGroupIds"`
	Tags                []tag    `item:"Tag"`

	EnableCloudwatchLogsExports []string
}

type instanceOutput struct{ DBInstance describedInstance }

// createDBInstance registers the instance; it is made while its status is creating.
func (s *Service) createDBInstance(_ context.Context, call *wire.Call, in *createDBInstanceInput) (*instanceOutput, error) {
	return s.make(call, request{
		settings: in.settings, port: in.Port, securityGroups: in.VpcSecurityGroupIDs, tags: tagMap(in.Tags),
		exports: in.EnableCloudwatchLogsExports,
	})
}

type restoreDBInstanceInput struct {
	createDBInstanceInput

	DBSnapshotIdentifier string
}

func (s *Service) restoreDBInstance(_ context.Context, call *wire.Call, in *restoreDBInstanceInput) (*instanceOutput, error) {
	if in.MasterUsername != "" || in.MasterUserPassword != "" {
		return nil, wire.Unsupported(call, "the parameters MasterUsername and MasterUserPassword")
	}
	return s.make(call, request{
		settings: in.settings, port: in.Port, securityGroups: in.VpcSecurityGroupIDs, tags: tagMap(in.Tags),
		exports: in.EnableCloudwatchLogsExports, snapshot: in.DBSnapshotIdentifier,
	})
}

func (s *Service) make(call *wire.Call, wanted request) (*instanceOutput, error) {
	made, err := s.register(call.Place(), wanted)
	if err != nil {
		return nil, err
	}
	if _, err := s.masterPassword(made); err != nil { // the secret is told at once
		s.set(made, failed)
		return nil, err
	}
	s.mu.Lock()
	out := &instanceOutput{DBInstance: s.describe(made)}
	s.mu.Unlock()
	s.work.Go(func() { _ = s.provision(s.life, made, wanted.snapshot) }) // its status tells
	return out, nil
}

type modifyDBInstanceInput struct {
	settings

	DBPortNumber             *int
	VpcSecurityGroupIDs      []string `item:"VpcSecurityGroupId" query:"VpcSecurityGroupIds"`
	AllowMajorVersionUpgrade bool
	RotateMasterUserPassword bool
	// CloudwatchLogsExportConfiguration turns logs on and off.
	CloudwatchLogsExportConfiguration *exportChange
	// ApplyImmediately makes no difference: there are no maintenance windows, changes are always made at once.
	ApplyImmediately bool
}

func (s *Service) modifyDBInstance(_ context.Context, call *wire.Call, in *modifyDBInstanceInput) (*instanceOutput, error) {
	wanted := &change{
		settings: in.settings, port: in.DBPortNumber, securityGroups: in.VpcSecurityGroupIDs,
		majorUpgrade: in.AllowMajorVersionUpgrade, rotate: in.RotateMasterUserPassword,
		exports: in.CloudwatchLogsExportConfiguration,
	}
	found, err := s.begin(call.Place(), in.DBInstanceIdentifier, wanted)
	if err != nil {
		return nil, err
	}
	s.work.Go(func() { _ = s.apply(s.life, found, wanted) }) // its status tells
	return s.answer(call.Place(), in.DBInstanceIdentifier)
}

func (s *Service) answer(place resource.Place, id string) (*instanceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.instance(place, id)
	if err != nil {
		return nil, err
	}
	return &instanceOutput{DBInstance: s.describe(found)}, nil
}

type deleteDBInstanceInput struct {
	DBInstanceIdentifier, FinalDBSnapshotIdentifier string
	SkipFinalSnapshot                               bool
	// DeleteAutomatedBackups makes no difference: there are none.
	DeleteAutomatedBackups *bool
}

func (s *Service) deleteDBInstance(_ context.Context, call *wire.Call, in *deleteDBInstanceInput) (*instanceOutput, error) {
	s.mu.Lock()
	named, err := s.instance(call.Place(), in.DBInstanceIdentifier)
	s.mu.Unlock()
	switch {
	case err != nil:
		return nil, err
	case named.cluster != nil: // whose data are the cluster's
	case !in.SkipFinalSnapshot && in.FinalDBSnapshotIdentifier == "":
		return nil, errCombination("FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
	case in.SkipFinalSnapshot && in.FinalDBSnapshotIdentifier != "":
		return nil, errCombination("FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot.")
	}
	doomed, err := s.doom(call.Place(), in.DBInstanceIdentifier, in.FinalDBSnapshotIdentifier)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	out := &instanceOutput{DBInstance: s.describe(doomed)}
	s.mu.Unlock()
	s.work.Go(func() { _ = s.destroy(s.life, doomed, in.FinalDBSnapshotIdentifier) }) // it is gone or stays
	return out, nil
}

type rebootDBInstanceInput struct {
	DBInstanceIdentifier string
	ForceFailover        bool
}

func (s *Service) rebootDBInstance(_ context.Context, call *wire.Call, in *rebootDBInstanceInput) (*instanceOutput, error) {
	found, err := s.leave(call.Place(), in.DBInstanceIdentifier, available, rebooting)
	if err != nil {
		return nil, err
	}
	if in.ForceFailover && !isSet(found.MultiAZ) {
		s.set(found, available)
		return nil, errCombination("Cannot failover: the DB instance is not Multi-AZ.") // believed
	}
	s.work.Go(func() { _ = s.restart(s.life, found) }) // its status tells
	return s.answer(call.Place(), in.DBInstanceIdentifier)
}

// leave moves an instance from one status to another.
func (s *Service) leave(place resource.Place, id, from, to string) (*instance, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.instance(place, id)
	if err != nil {
		return nil, err
	}
	if found.status != from {
		return nil, errState("Instance %s is not in %s state.", found.key.id, from)
	}
	found.status = to
	return found, nil
}

// leaveAlone is leave for instances that are no members of clusters.
func (s *Service) leaveAlone(place resource.Place, id, from, to string) (*instance, error) {
	s.mu.Lock()
	named, err := s.instance(place, id)
	s.mu.Unlock()
	if err == nil && named.cluster != nil {
		return nil, errCombination("%s DB instances are not eligible for stopping and starting.", named.Engine)
	}
	return s.leave(place, id, from, to)
}

type instanceInput struct{ DBInstanceIdentifier string }

func (s *Service) stopDBInstance(_ context.Context, call *wire.Call, in *instanceInput) (*instanceOutput, error) {
	found, err := s.leaveAlone(call.Place(), in.DBInstanceIdentifier, available, stopping)
	if err != nil {
		return nil, err
	}
	s.work.Go(func() {
		found.working.Lock()
		defer found.working.Unlock()
		found.server.stop()
		_ = s.Clock.Sleep(s.life, rebootTime) // the service's end ends the wait
		s.set(found, stopped)
	})
	return s.answer(call.Place(), in.DBInstanceIdentifier)
}

func (s *Service) startDBInstance(_ context.Context, call *wire.Call, in *instanceInput) (*instanceOutput, error) {
	found, err := s.leaveAlone(call.Place(), in.DBInstanceIdentifier, stopped, starting)
	if err != nil {
		return nil, err
	}
	s.work.Go(func() {
		found.working.Lock()
		defer found.working.Unlock()
		if s.Clock.Sleep(s.life, rebootTime) == nil {
			_ = s.resume(s.life, found) // its status tells
		}
	})
	return s.answer(call.Place(), in.DBInstanceIdentifier)
}
