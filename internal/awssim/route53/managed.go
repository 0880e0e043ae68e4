package route53

import (
	"slices"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Entry is a record of one of several answers, which AWS Cloud Map writes for an instance of a service.
type Entry struct {
	Name, Type string
	Identifier string // the instance's
	TTL        int64  // seconds
	Value      string
	Weighted   bool // one of them is answered; otherwise up to eight are
}

// CreatePrivate makes a private hosted zone for a service of AWS, and returns its id. A VPC has one zone of a name (the text is
// quoted in github.com/hashicorp/terraform-provider-aws/issues/2830).
func (s *Service) CreatePrivate(place resource.Place, name, vpc, comment string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	in := network{VPCRegion: place.Region, VPCId: vpc}
	for _, other := range s.zones {
		if other.account == place.Account && other.name == canonical(name) && slices.Contains(other.networks, in) {
			return "", wire.Errorf("ConflictingDomainExists", "The VPC that you chose, %s in region %s, is already associated with "+
				"another private hosted zone that has an overlapping name space, %s. (Service: AmazonRoute53; Status Code: 400; "+
				"Error Code: ConflictingDomainExists; Request ID: %s)", vpc, place.Region, canonical(name), uuid.NewString())
		}
	}
	made := &zone{
		account: place.Account, name: canonical(name), reference: uuid.NewString(), comment: comment, networks: []network{in},
	}
	s.addZone(made)
	return made.id, nil
}

// SetTTL changes the time to live of a zone's SOA record, in seconds.
func (s *Service) SetTTL(zoneID string, seconds int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.zones[zoneID]
	if found == nil {
		return
	}
	for i := range found.records {
		if found.records[i].Type == "SOA" {
			found.records[i].TTL = &seconds
		}
	}
}

// Remove removes a zone with all that is in it.
func (s *Service) Remove(zoneID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.zones, zoneID)
}

// Publish writes a record, in the place of one of the same name, type and identifier. A zone that is gone is no error.
func (s *Service) Publish(zoneID string, entry Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.zones[zoneID]
	if found == nil {
		return nil
	}
	made := record{
		Name: entry.Name, Type: entry.Type, SetIdentifier: entry.Identifier, TTL: &entry.TTL,
		ResourceRecords: &values{[]value{{entry.Value}}},
	}
	if entry.Weighted {
		made.Weight = new(int64(1))
	} else {
		made.MultiValueAnswer = new(true)
	}
	return reason(found.apply([]change{{actionUpsert, made}}))
}

// Withdraw removes the records with an identifier.
func (s *Service) Withdraw(zoneID, identifier string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found := s.zones[zoneID]; found != nil {
		found.records = slices.DeleteFunc(slices.Clone(found.records), func(r record) bool { return r.SetIdentifier == identifier })
	}
}
