package route53

import (
	"errors"
	"math/rand/v2"
	"net"
	"strings"
)

// ErrNoRecord is returned for a name that no public zone answers for.
var ErrNoRecord = errors.New("no record answers for this name")

// mostSteps bounds how many records are followed.
const mostSteps = 16

// Answer is what a resolver finds.
type Answer struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Values are the values of the last record set. Of an alias for a load balancer it is host and port.
	Values []string `json:"values"`
	// Chain are the names on the way, the first one included.
	Chain []string `json:"chain"`
}

// Resolve follows records, CNAMEs and aliases of an account's public zones. Of several sets with one name, one is chosen
// by weight, or the primary one of a failover.
func (s *Service) Resolve(account, name, kind string) (Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer := Answer{Name: name, Type: kind}
	at := canonical(name)
	for range mostSteps {
		answer.Chain = append(answer.Chain, strings.TrimSuffix(at, "."))
		found := s.lookUp(account, at, kind)
		switch {
		case found == nil:
			return answer, ErrNoRecord
		case found.AliasTarget != nil:
			target := strings.TrimPrefix(strings.TrimSuffix(found.AliasTarget.DNSName, "."), "dualstack.")
			if _, _, err := net.SplitHostPort(target); err == nil { // a load balancer
				answer.Values = []string{target}
				return answer, nil
			}
			at = canonical(target)
		case found.Type == typeCNAME && kind != typeCNAME:
			target := found.texts()[0]
			if _, _, err := net.SplitHostPort(target); err == nil {
				answer.Values = []string{target}
				return answer, nil
			}
			at = canonical(target)
		default:
			answer.Values = found.texts()
			return answer, nil
		}
	}
	return answer, ErrNoRecord
}

// lookUp finds the record set for a name in the zone that is the longest part of it. Call it locked.
func (s *Service) lookUp(account, name, kind string) *record {
	var in *zone
	for _, each := range s.zones {
		public := each.account == account && len(each.networks) == 0
		if public && within(name, each.name) && (in == nil || len(each.name) > len(in.name)) {
			in = each
		}
	}
	if in == nil {
		return nil
	}
	if found := in.named(name, kind); found != nil {
		return found
	}
	for _, rest, ok := strings.Cut(name, "."); ok && within(rest, in.name); _, rest, ok = strings.Cut(rest, ".") {
		if found := in.named(canonical("*."+rest), kind); found != nil {
			return found
		}
	}
	return nil
}

func (z *zone) named(name, kind string) *record {
	var sets []*record
	for i := range z.records {
		if each := &z.records[i]; each.Name == name && (each.Type == kind || each.Type == typeCNAME) {
			sets = append(sets, each)
		}
	}
	if len(sets) == 0 {
		return nil
	}
	total := int64(0)
	for _, each := range sets {
		if each.Failover == "PRIMARY" {
			return each
		}
		if each.Weight != nil {
			total += *each.Weight
		}
	}
	if total == 0 {
		return sets[0]
	}
	at := rand.Int64N(total) //nolint:gosec // spreading, not secrecy
	for _, each := range sets {
		if each.Weight == nil {
			continue
		}
		if at -= *each.Weight; at < 0 {
			return each
		}
	}
	return sets[0]
}

// CNAME returns what a name is an alias of in an account's public zones.
func (s *Service) CNAME(account, name string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := s.lookUp(account, canonical(name), typeCNAME)
	if found == nil || found.Type != typeCNAME || len(found.texts()) == 0 {
		return "", false
	}
	return canonical(found.texts()[0]), true
}

// SetCNAME makes a name an alias in a hosted zone.
func (s *Service) SetCNAME(account, zoneID, name, value string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(account, zoneID)
	if err != nil {
		return err
	}
	const lifetime = 300
	return found.apply([]change{{actionUpsert, record{
		Name: name, Type: typeCNAME, TTL: new(int64(lifetime)), ResourceRecords: valuesOf(value),
	}}})
}

func valuesOf(texts ...string) *values {
	made := &values{}
	for _, text := range texts {
		made.ResourceRecord = append(made.ResourceRecord, value{text})
	}
	return made
}
