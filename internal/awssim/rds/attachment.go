package rds

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// attachmentProvider writes where a database is into the secret with its password, as applications and rotation want it
// (AWS::SecretsManager::SecretTargetAttachment, user guide).
type attachmentProvider struct{ *Service }

// clusterType is a target beside instances.
const clusterType = "AWS::RDS::DBCluster"

type attachmentProperties struct{ SecretID, TargetID, TargetType string }

func readAttachment(r resource.Request) (attachmentProperties, error) {
	var wanted attachmentProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	if wanted.TargetType != "AWS::RDS::DBInstance" && wanted.TargetType != clusterType {
		return wanted, props.Unsupported("TargetType " + wanted.TargetType)
	}
	return wanted, nil
}

// Create adds the database's address to the secret.
func (p *attachmentProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.attach(r)
}

// Update writes the address of another database.
func (p *attachmentProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	return p.attach(r)
}

func (p *attachmentProvider) attach(r resource.Request) (resource.Result, error) {
	wanted, err := readAttachment(r)
	if err != nil {
		return resource.Result{}, err
	}
	where, err := p.target(r.Place, wanted)
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	err = p.Secrets.Edit(r.Place, wanted.SecretID, func(members map[string]any) {
		members["engine"] = postgres
		if where.DBClusterIdentifier != "" {
			members["dbClusterIdentifier"] = where.DBClusterIdentifier
		} else {
			members["dbInstanceIdentifier"] = where.DBInstanceIdentifier
		}
		if where.DBName != "" {
			members["dbname"] = where.DBName
		}
		if where.Endpoint != nil {
			members["host"], members["port"] = where.Endpoint.Address, where.Endpoint.Port
		}
	})
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	return resource.Result{PhysicalID: wanted.SecretID, Attributes: map[string]any{"Id": wanted.SecretID}}, nil
}

// target is where a database is: that of an instance, or of a cluster.
func (p *attachmentProvider) target(place resource.Place, wanted attachmentProperties) (describedInstance, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if wanted.TargetType != clusterType {
		found, err := p.instance(place, wanted.TargetID)
		if err != nil {
			return describedInstance{}, err
		}
		where := p.describe(found)
		where.DBClusterIdentifier = ""
		return where, nil
	}
	found, err := p.clusterOf(place, wanted.TargetID)
	if err != nil {
		return describedInstance{}, err
	}
	where := p.describe(found.instance)
	where.DBClusterIdentifier = found.key.id
	return where, nil
}

// Delete takes the address out of the secret, if that still exists (believed).
func (p *attachmentProvider) Delete(_ context.Context, r resource.Request) error {
	_ = p.Secrets.Edit(r.Place, r.PhysicalID, func(members map[string]any) {
		for _, name := range []string{"engine", "dbInstanceIdentifier", "dbClusterIdentifier", "dbname", "host", "port"} {
			delete(members, name)
		}
	})
	return nil
}
