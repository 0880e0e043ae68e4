package rds

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	postgres    = "postgres"
	defaultPort = 5432
	lowestPort  = 1150 // CreateDBInstance, API reference

	shortestPassword = 8
	longestPassword  = 128
)

// The forms of values (CreateDBInstance, API reference).
var (
	instanceName  = regexp.MustCompile(`^[a-zA-Z](?:-?[a-zA-Z0-9]){0,62}$`)
	instanceClass = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)
	userName      = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9_]{0,62}$`)
	databaseName  = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]{0,62}$`)
)

func errClass(class string) error { return errValue("Invalid DB Instance class: %s", class) }

// errDatabaseName is what people quote; PostgreSQL's names may have underscores, whatever it says.
func errDatabaseName(parameter string) error {
	return errValue("%s must begin with a letter and contain only alphanumeric characters.", parameter)
}

// reserved are names that no master user of PostgreSQL may have.
func reserved() []string {
	return []string{"admin", "rdsadmin", "rds_superuser", "public", "all", "user"}
}

// majors are the major versions of PostgreSQL that RDS has.
func majors() []string { return []string{"11", "12", "13", "14", "15", "16", "17", "18"} }

// errInstall is what a machine without PostgreSQL answers.
func errInstall(err error) *wire.Error {
	return errValue("awssim runs real PostgreSQL servers, and %s. Install it: the package postgresql of Debian and Ubuntu, "+
		"postgresql-server of Fedora, or brew install postgresql; then try again.", err)
}

// check refuses what RDS refuses of a new instance, and what cannot be run here.
func (s *Service) check(place resource.Place, wanted *settings, fromSnapshot bool) error {
	if wanted.DBClusterIdentifier != "" {
		return s.checkNewMember(place, wanted, fromSnapshot)
	}
	if wanted.Engine != "" && !strings.EqualFold(wanted.Engine, postgres) {
		return errValue("awssim does not implement the engine %s: its databases are PostgreSQL servers (Engine: postgres)",
			wanted.Engine)
	}
	if wanted.Engine == "" && !fromSnapshot {
		return errValue("The parameter Engine must be provided and must not be blank.")
	}
	if _, err := s.Find(); err != nil {
		return errInstall(err)
	}
	if !instanceName.MatchString(wanted.DBInstanceIdentifier) {
		return errValue("The parameter DBInstanceIdentifier is not a valid identifier. Identifiers must begin with a letter; " +
			"must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two " +
			"consecutive hyphens.")
	}
	if !instanceClass.MatchString(wanted.DBInstanceClass) {
		return errClass(wanted.DBInstanceClass)
	}
	if wanted.DBName != "" && !databaseName.MatchString(wanted.DBName) {
		return errDatabaseName("DBName")
	}
	if !fromSnapshot {
		if err := wanted.checkMaster(); err != nil {
			return err
		}
	}
	if err := wanted.checkValues(); err != nil {
		return err
	}
	return s.checkGroups(place, wanted)
}

// checkMaster refuses names and passwords that a master user cannot have.
func (w *settings) checkMaster() error {
	managed := isSet(w.ManageMasterUserPassword)
	switch {
	case w.MasterUsername == "":
		return errValue("The parameter MasterUsername must be provided and must not be blank.")
	case slices.Contains(reserved(), strings.ToLower(w.MasterUsername)), strings.HasPrefix(w.MasterUsername, "pg_"):
		return errValue("MasterUsername %s cannot be used as it is a reserved word used by the engine", w.MasterUsername)
	case !userName.MatchString(w.MasterUsername):
		return errValue("The parameter MasterUsername is not a valid identifier. Identifiers must begin with a letter, and must "+
			"contain only ASCII letters, digits, and underscores: %s", w.MasterUsername) // believed
	case managed && w.MasterUserPassword != "":
		return errCombination("You can't specify MasterUserPassword for an instance with ManageMasterUserPassword enabled.") // believed
	case !managed && w.MasterUserPassword == "":
		return errValue("The parameter MasterUserPassword must be provided and must not be blank.")
	case managed:
		return nil
	}
	return checkPassword(w.MasterUserPassword)
}

func checkPassword(password string) error {
	const begin = "The parameter MasterUserPassword is not a valid password"
	switch {
	case len(password) < shortestPassword:
		return errValue("%s because it is shorter than %d characters.", begin, shortestPassword)
	case len(password) > longestPassword:
		return errValue("%s because it is longer than %d characters.", begin, longestPassword)
	case strings.ContainsFunc(password, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/@"`, r) }):
		return errValue("%s. Only printable ASCII characters besides '/', '@', '\"', ' ' may be used.", begin)
	}
	return nil
}

// checkValues refuses values of the remaining settings.
func (w *settings) checkValues() error {
	const smallest, largest, longestRetention = 20, 65536, 35
	switch size := number(w.AllocatedStorage); {
	case w.AllocatedStorage != nil && (size < smallest || size > largest):
		return errValue("Invalid storage size for engine name postgres and storage type %s: %d", w.storageType(), size)
	case number(w.BackupRetentionPeriod) > longestRetention || number(w.BackupRetentionPeriod) < 0:
		return errValue("Invalid backup retention period. Must be between 0 and 35 days: %d", // believed
			number(w.BackupRetentionPeriod))
	case isSet(w.EnableIAMDatabaseAuthentication):
		return errValue("awssim does not implement EnableIAMDatabaseAuthentication")
	case number(w.MonitoringInterval) > 0:
		return errValue("awssim does not implement enhanced monitoring: MonitoringInterval has to be 0")
	}
	if err := checkAuthority(w.CACertificateIdentifier); err != nil {
		return err
	}
	major, _, _ := strings.Cut(w.EngineVersion, ".")
	if major != "" && !slices.Contains(majors(), major) {
		return errCombination("Cannot find version %s for %s", w.EngineVersion, cmp.Or(w.Engine, postgres))
	}
	return nil
}

func (w *settings) storageType() string {
	if w.StorageType == "" {
		return "gp2"
	}
	return w.StorageType
}

// checkPort refuses ports that RDS does not have.
func checkPort(port *int) error {
	const highest = 65535
	if port != nil && (*port < lowestPort || *port > highest) {
		return errValue("Invalid port number: %s. The port must be between 1150 and 65535.", strconv.Itoa(*port)) // believed
	}
	return nil
}

// checkGroups refuses groups that do not exist. The default ones always do.
func (s *Service) checkGroups(place resource.Place, wanted *settings) error {
	if name := wanted.DBSubnetGroupName; !s.hasGroup(place, subnetGroupType, name) {
		return &wire.Error{
			Code: "DBSubnetGroupNotFoundFault", Message: "DBSubnetGroup '" + name + "' not found.", Status: statusNotFound,
		}
	}
	if name := wanted.DBParameterGroupName; !s.hasGroup(place, parameterGroupType, name) {
		return &wire.Error{Code: "DBParameterGroupNotFound", Message: "DBParameterGroup not found: " + name, Status: statusNotFound}
	}
	return nil
}

// hasGroup says whether a group exists, or was not asked for.
func (s *Service) hasGroup(place resource.Place, groupType, name string) bool {
	_, ok := s.Records.Read(resource.Request{Place: place, Type: groupType, PhysicalID: strings.ToLower(name)})
	return ok || name == "" || strings.HasPrefix(name, "default")
}

// Types of groups, which are records of stacks.
const (
	subnetGroupType           = "AWS::RDS::DBSubnetGroup"
	parameterGroupType        = "AWS::RDS::DBParameterGroup"
	clusterParameterGroupType = "AWS::RDS::DBClusterParameterGroup"
)
