package rds

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// join makes an instance a member of its cluster. Call it locked.
func (s *Service) join(made *instance) error {
	into, err := s.clusterOf(made.key.Place, made.DBClusterIdentifier)
	switch {
	case err != nil:
		return err
	case into.status == deleting:
		return errClusterState("DBCluster %s is not available.", into.key.id) // believed
	case made.DBInstanceClass == serverlessClass && into.scaling == nil:
		return errUnscaled()
	}
	made.cluster = into
	made.Engine, made.DBSubnetGroupName = into.Engine, into.DBSubnetGroupName
	made.MasterUsername, made.DBName, made.port = into.MasterUsername, into.DBName, into.port
	made.StorageEncrypted, made.BackupRetentionPeriod = into.StorageEncrypted, into.BackupRetentionPeriod
	made.StorageType, made.AllocatedStorage = into.StorageType, new(1)
	made.securityGroups = slices.Clone(into.securityGroups)
	into.members = append(into.members, made)
	return nil
}

func errUnscaled() error {
	return errClusterState("Set the Serverless v2 scaling configuration on the parent DB cluster before creating a " +
		"Serverless v2 DB instance.")
}

// checkClass refuses a class that an instance cannot become; "" stays what it is. Only members of a cluster that scales are
// serverless. Call it locked.
func (i *instance) checkClass(class string) error {
	switch {
	case class == "", instanceClass.MatchString(class):
		return nil
	case class != serverlessClass || i.cluster == nil:
		return errClass(class)
	case i.cluster.scaling == nil:
		return errUnscaled()
	default:
		return nil
	}
}

// provisionMember returns when a member is available, for which its cluster has to be there.
func (s *Service) provisionMember(ctx context.Context, made *instance) error {
	select {
	case <-made.cluster.settled:
	case <-ctx.Done():
		return fmt.Errorf("creating %s: %w", made.key.id, ctx.Err())
	}
	s.mu.Lock()
	made.EngineVersion = made.cluster.EngineVersion
	if made.DBParameterGroupName == "" {
		major, _, _ := strings.Cut(made.EngineVersion, ".")
		made.DBParameterGroupName = "default." + aurora + major
	}
	broken := made.cluster.status == failed
	s.mu.Unlock()
	if broken {
		s.set(made, failed)
		return errClusterState("DBCluster %s is not available.", made.cluster.key.id) // believed
	}
	if err := s.Clock.Sleep(ctx, createTime); err != nil {
		return fmt.Errorf("creating %s: %w", made.key.id, err)
	}
	s.mu.Lock()
	made.created = s.Clock.Now()
	if made.AvailabilityZone == "" {
		made.AvailabilityZone = made.key.Region + "a"
	}
	s.mu.Unlock()
	s.set(made, available)
	return nil
}

// leaveCluster forgets a member. Call it locked.
func (i *instance) leaveCluster() {
	if i.cluster != nil {
		i.cluster.members = slices.DeleteFunc(i.cluster.members, func(other *instance) bool { return other == i })
	}
}

// checkNewMember refuses what RDS refuses of a new member of a cluster.
func (s *Service) checkNewMember(place resource.Place, wanted *settings, fromSnapshot bool) error {
	switch {
	case fromSnapshot:
		return errCombination("A member of a cluster cannot be restored from a snapshot.") // believed
	case wanted.Engine != "" && wanted.Engine != aurora:
		return errCombination("The engine name requested for your DB instance (%s) doesn't match the engine name of your DB "+
			"cluster (%s).", wanted.Engine, aurora)
	case !instanceName.MatchString(wanted.DBInstanceIdentifier):
		return errValue("The parameter DBInstanceIdentifier is not a valid identifier: %s", wanted.DBInstanceIdentifier)
	case wanted.DBInstanceClass != serverlessClass && !instanceClass.MatchString(wanted.DBInstanceClass):
		return errClass(wanted.DBInstanceClass)
	}
	if err := (&instance{cluster: &cluster{}}).checkMember(wanted, nil); err != nil {
		return err
	}
	if err := wanted.checkValues(); err != nil {
		return err
	}
	return s.checkGroups(place, wanted)
}

func errOfCluster(what string) error {
	return errCombination("The requested DB Instance will be a member of a DB Cluster. Set %s for the DB Cluster.", what)
}

// checkMember refuses what is the cluster's to say, of an instance that is its member.
func (i *instance) checkMember(wanted *settings, port *int) error {
	if i.cluster == nil {
		return nil
	}
	for _, each := range []struct {
		given bool
		what  string
	}{
		{wanted.MasterUsername != "", "master user name"},
		{wanted.MasterUserPassword != "" || wanted.ManageMasterUserPassword != nil, "master user password"},
		{wanted.DBName != "", "database name"},
		{wanted.BackupRetentionPeriod != nil, "backup retention period"},
		{wanted.PreferredBackupWindow != "", "backup window"},
		{port != nil, "database endpoint port"},
	} {
		if each.given {
			return errOfCluster(each.what)
		}
	}
	return nil
}

// tier is the order in which members would become the writer.
func (i *instance) tier() int {
	if i.PromotionTier == nil {
		return 1
	}
	return *i.PromotionTier
}
