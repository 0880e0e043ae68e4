package rds

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/process"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// change is what an instance is to become; what is not given stays.
type change struct {
	settings

	port           *int
	securityGroups []string
	majorUpgrade   bool
	exports        *exportChange
	rotate         bool // makes a new password that RDS manages
}

// begin checks a change against the instance and marks it as being modified. Call it before apply.
func (s *Service) begin(place resource.Place, id string, wanted *change) (*instance, error) {
	if wanted.MasterUserPassword != "" {
		if err := checkPassword(wanted.MasterUserPassword); err != nil {
			return nil, err
		}
	}
	if err := wanted.checkValues(); err != nil {
		return nil, err
	}
	if err := checkPort(wanted.port); err != nil {
		return nil, err
	}
	if err := s.checkGroups(place, &wanted.settings); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.instance(place, id)
	if err != nil {
		return nil, err
	}
	if found.status != available {
		return nil, errState("Database instance is not in available state.")
	}
	if err := found.checkChange(wanted); err != nil {
		return nil, err
	}
	found.status = modifying
	if wanted.MasterUserPassword != "" {
		found.status = resetting
	}
	return found, nil
}

func (i *instance) checkChange(wanted *change) error {
	managed := isSet(i.ManageMasterUserPassword)
	if wanted.ManageMasterUserPassword != nil {
		managed = *wanted.ManageMasterUserPassword
	}
	if managed && wanted.MasterUserPassword != "" {
		return errCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.") // believed
	}
	if !managed && isSet(i.ManageMasterUserPassword) && wanted.MasterUserPassword == "" {
		return errCombination("You must specify MasterUserPassword to turn ManageMasterUserPassword off.") // believed
	}
	if err := i.checkClass(wanted.DBInstanceClass); err != nil {
		return err
	}
	if err := i.checkMember(&wanted.settings, wanted.port); err != nil {
		return err
	}
	if err := wanted.exports.check(i.Engine); err != nil {
		return err
	}
	if i.cluster != nil && len(wanted.exports.to(i.exports)) > 0 {
		return errOfCluster("log types")
	}
	if wanted.AllocatedStorage != nil && *wanted.AllocatedStorage < number(i.AllocatedStorage) {
		return errCombination("Requested storage is less than the current storage: storage can't be reduced.") // believed
	}
	from, _, _ := strings.Cut(i.EngineVersion, ".")
	to, _, _ := strings.Cut(wanted.EngineVersion, ".")
	if to != "" && to != from && !wanted.majorUpgrade {
		return errCombination("The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
	}
	return nil
}

// apply does what begin allowed and returns when the instance is available again.
func (s *Service) apply(ctx context.Context, of *instance, wanted *change) error {
	of.working.Lock()
	defer of.working.Unlock()
	err := s.change(ctx, of, wanted)
	if err == nil {
		err = s.Clock.Sleep(ctx, modifyTime)
	}
	s.set(of, available)
	if err != nil {
		return fmt.Errorf("modifying %s: %w", of.key.id, err)
	}
	return nil
}

func (s *Service) change(ctx context.Context, of *instance, wanted *change) error {
	if of.cluster != nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		of.take(&wanted.settings)
		return nil
	}
	if err := s.changePassword(ctx, of, wanted); err != nil {
		return err
	}
	moves := wanted.port != nil && *wanted.port != of.port
	restarts := moves || wanted.DBInstanceClass != "" && wanted.DBInstanceClass != of.DBInstanceClass ||
		wanted.EngineVersion != "" && wanted.EngineVersion != of.EngineVersion
	s.mu.Lock()
	of.take(&wanted.settings)
	if wanted.securityGroups != nil {
		of.securityGroups = wanted.securityGroups
	}
	of.exports = wanted.exports.to(of.exports)
	s.mu.Unlock()
	s.publish(of)
	if !restarts {
		return nil
	}
	of.server.stop()
	if moves {
		endpoint, err := process.Reserve(*wanted.port)
		if err != nil {
			return fmt.Errorf("finding an address: %w", err)
		}
		s.mu.Lock()
		of.server.endpoint.Release()
		of.server.endpoint, of.port = endpoint, *wanted.port
		s.mu.Unlock()
	}
	return of.server.start(ctx)
}

// take copies what is given. The password and who manages it are changePassword's.
func (i *instance) take(wanted *settings) {
	from, to := reflect.ValueOf(wanted).Elem(), reflect.ValueOf(&i.settings).Elem()
	for n := range from.NumField() {
		switch from.Type().Field(n).Name {
		case "DBInstanceIdentifier", "DBClusterIdentifier", "Engine", "MasterUsername", "DBName", "MasterUserPassword",
			"ManageMasterUserPassword":
			continue
		}
		if !from.Field(n).IsZero() {
			to.Field(n).Set(from.Field(n))
		}
	}
}

// changePassword sets a new password: the given one, or one that RDS makes and keeps in a secret.
func (s *Service) changePassword(ctx context.Context, of *instance, wanted *change) error {
	was := isSet(of.ManageMasterUserPassword)
	managed := was
	if wanted.ManageMasterUserPassword != nil {
		managed = *wanted.ManageMasterUserPassword
	}
	switch {
	case managed && (!was || wanted.rotate):
		return s.manage(ctx, of, was)
	case wanted.MasterUserPassword == "":
		return nil
	}
	if err := of.server.setPassword(ctx, of.MasterUsername, wanted.MasterUserPassword); err != nil {
		return err
	}
	s.mu.Lock()
	forgotten := of.secretARN
	of.secretARN, of.ManageMasterUserPassword, of.MasterUserPassword = "", nil, wanted.MasterUserPassword
	s.mu.Unlock()
	if forgotten != "" {
		s.Secrets.Remove(of.key.Place, forgotten)
	}
	return nil
}

// manage gives the instance a password that RDS makes. If it has one already, its secret gets a new version.
func (s *Service) manage(ctx context.Context, of *instance, again bool) error {
	if again {
		password, err := newPassword()
		if err != nil {
			return err
		}
		err = s.Secrets.Edit(of.key.Place, of.secretARN, func(members map[string]any) { members["password"] = password })
		if err != nil {
			return fmt.Errorf("keeping the password: %w", err)
		}
		return of.server.setPassword(ctx, of.MasterUsername, password)
	}
	s.mu.Lock()
	of.ManageMasterUserPassword = new(true)
	s.mu.Unlock()
	password, err := s.masterPassword(of)
	if err != nil {
		return err
	}
	return of.server.setPassword(ctx, of.MasterUsername, password)
}

// restart stops an instance's server, waits as long as RDS takes, and starts it again.
func (s *Service) restart(ctx context.Context, of *instance) error {
	if of.cluster != nil {
		of.cluster.working.Lock()
		defer of.cluster.working.Unlock()
	}
	of.working.Lock()
	defer of.working.Unlock()
	of.doors().stop()
	if err := s.Clock.Sleep(ctx, rebootTime); err != nil {
		return fmt.Errorf("rebooting %s: %w", of.key.id, err)
	}
	return s.resume(ctx, of)
}

// resume starts a stopped server. Call it with of.working held.
func (s *Service) resume(ctx context.Context, of *instance) error {
	if err := of.doors().takeOver(ctx); err != nil {
		s.set(of, failed)
		return err
	}
	s.set(of, available)
	return nil
}
