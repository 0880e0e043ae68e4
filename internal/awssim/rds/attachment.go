package rds

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// attachmentProvider writes where a database is into the secret with its password, as applications and rotation want it
// (AWS::SecretsManager::SecretTargetAttachment, user guide).
type attachmentProvider struct{ *Service }

type attachmentProperties struct{ SecretID, TargetID, TargetType string }

func readAttachment(r resource.Request) (attachmentProperties, error) {
	var wanted attachmentProperties
	if err := props.Decode(r.Properties, &wanted); err != nil {
		return wanted, err
	}
	if wanted.TargetType != "AWS::RDS::DBInstance" {
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
	p.mu.Lock()
	found, err := p.instance(r.Place, wanted.TargetID)
	var where describedInstance
	if err == nil {
		where = p.describe(found)
	}
	p.mu.Unlock()
	if err != nil {
		return resource.Result{}, handlerFailure(err)
	}
	err = p.Secrets.Edit(r.Place, wanted.SecretID, func(members map[string]any) {
		members["engine"], members["dbInstanceIdentifier"] = where.Engine, where.DBInstanceIdentifier
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

// Delete takes the address out of the secret, if that still exists (believed).
func (p *attachmentProvider) Delete(_ context.Context, r resource.Request) error {
	_ = p.Secrets.Edit(r.Place, r.PhysicalID, func(members map[string]any) {
		for _, name := range []string{"engine", "dbInstanceIdentifier", "dbname", "host", "port"} {
			delete(members, name)
		}
	})
	return nil
}
