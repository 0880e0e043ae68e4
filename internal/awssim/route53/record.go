package route53

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// record is a resource record set.
type record struct {
	Name             string
	Type             string
	SetIdentifier    string `xml:",omitempty"`
	Weight           *int64
	Region           string       `xml:",omitempty"`
	GeoLocation      *geoLocation `xml:",omitempty"`
	Failover         string       `xml:",omitempty"`
	MultiValueAnswer *bool
	TTL              *int64
	ResourceRecords  *values
	AliasTarget      *alias
	HealthCheckId    string `xml:",omitempty"` //nolint:staticcheck // as the element is called
}

type geoLocation struct {
	ContinentCode   string `xml:",omitempty"`
	CountryCode     string `xml:",omitempty"`
	SubdivisionCode string `xml:",omitempty"`
}

type values struct{ ResourceRecord []value }

type value struct{ Value string }

type alias struct {
	HostedZoneId         string //nolint:staticcheck // as the element is called
	DNSName              string
	EvaluateTargetHealth bool
}

// Actions of changes.
const (
	actionCreate = "CREATE"
	actionUpsert = "UPSERT"
	actionDelete = "DELETE"
)

const typeCNAME = "CNAME"

// change is one change of a batch.
type change struct {
	Action            string
	ResourceRecordSet record
}

// is says whether two record sets are the same one: name, type and set identifier say which it is.
func (r *record) is(other *record) bool {
	return r.Name == other.Name && r.Type == other.Type && r.SetIdentifier == other.SetIdentifier
}

// label names a record set in errors.
func (r *record) label() string {
	if r.SetIdentifier != "" {
		return fmt.Sprintf("[name='%s', type='%s', set-identifier='%s']", r.Name, r.Type, r.SetIdentifier)
	}
	return fmt.Sprintf("[name='%s', type='%s']", r.Name, r.Type)
}

func (r *record) texts() []string {
	var texts []string
	if r.ResourceRecords != nil {
		for _, each := range r.ResourceRecords.ResourceRecord {
			texts = append(texts, each.Value)
		}
	}
	return texts
}

// complete brings a record set into the form in which it is kept.
func (r *record) complete() {
	r.Name, r.Type = canonical(r.Name), strings.ToUpper(r.Type)
	if r.AliasTarget != nil {
		target := *r.AliasTarget
		target.DNSName = canonical(target.DNSName)
		r.AliasTarget = &target
	}
}

func recordTypes() []string {
	return []string{
		"A", "AAAA", "CAA", typeCNAME, "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA", "TXT",
	}
}

// checkInput refuses what is no change at all.
func (c *change) checkInput() error {
	r := &c.ResourceRecordSet
	hasRecords := r.TTL != nil && r.ResourceRecords != nil && len(r.ResourceRecords.ResourceRecord) > 0
	describe := fmt.Sprintf("in Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]",
		c.Action, r.Name, r.Type, orNull(r.SetIdentifier))
	const oneOf = "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], " +
		"or TrafficPolicyInstanceId], but found "
	switch {
	case !slices.Contains([]string{actionCreate, actionUpsert, actionDelete}, c.Action):
		return wire.Errorf("InvalidInput", "Invalid change action: %s", c.Action)
	case !slices.Contains(recordTypes(), strings.ToUpper(r.Type)):
		return wire.Errorf("InvalidInput", "Invalid resource record set type: %s", r.Type)
	case r.HealthCheckId != "":
		return wire.Errorf("NoSuchHealthCheck", "No health check exists with ID: %s", r.HealthCheckId)
	case !hasRecords && r.AliasTarget == nil:
		return wire.Errorf("InvalidInput", "%snone %s", oneOf, describe)
	case r.AliasTarget != nil && (r.ResourceRecords != nil || r.TTL != nil):
		return wire.Errorf("InvalidInput", "%smore than one %s", oneOf, describe)
	}
	return nil
}

func orNull(text string) string {
	if text == "" {
		return "null"
	}
	return text
}

// apply makes a batch of changes, all of them or none. Call it locked.
func (z *zone) apply(changes []change) error {
	for i := range changes {
		if err := changes[i].checkInput(); err != nil {
			return err
		}
		changes[i].ResourceRecordSet.complete()
	}
	tried := &zone{name: z.name, records: slices.Clone(z.records)}
	var problems []string
	for i := range changes {
		if problem := tried.try(&changes[i]); problem != "" {
			problems = append(problems, problem)
		}
	}
	if len(problems) > 0 {
		return wire.Errorf("InvalidChangeBatch", "[%s]", strings.Join(problems, ", "))
	}
	slices.SortStableFunc(tried.records, func(a, b record) int { return strings.Compare(a.key(), b.key()) })
	z.records = tried.records
	return nil
}

// key is a record set's place in listings.
func (r *record) key() string { return reversed(r.Name) + " " + r.Type + " " + r.SetIdentifier }

// try makes one change and returns what is wrong with it.
func (z *zone) try(c *change) string {
	wanted := &c.ResourceRecordSet
	if !within(wanted.Name, z.name) {
		return fmt.Sprintf("RRSet with DNS name %s is not permitted in zone %s", wanted.Name, z.name)
	}
	at := slices.IndexFunc(z.records, func(r record) bool { return r.is(wanted) })
	switch {
	case c.Action == actionDelete:
		return z.tryDelete(at, wanted)
	case c.Action == actionCreate && at >= 0:
		return "Tried to create resource record set " + wanted.label() + " but it already exists"
	}
	if problem := z.conflict(wanted); problem != "" {
		return problem
	}
	if problem := wanted.wrongValue(); problem != "" {
		return problem
	}
	if at >= 0 {
		z.records[at] = *wanted
	} else {
		z.records = append(z.records, *wanted)
	}
	return ""
}

func (z *zone) tryDelete(at int, wanted *record) string {
	switch {
	case at < 0:
		return "Tried to delete resource record set " + wanted.label() + " but it was not found"
	case !z.records[at].sameAs(wanted):
		return "Tried to delete resource record set " + wanted.label() + " but the values provided do not match the current values"
	case wanted.Name == z.name && wanted.Type == "SOA":
		return "A HostedZone must contain exactly one SOA record."
	case wanted.Name == z.name && wanted.Type == "NS":
		return "A HostedZone must contain at least one NS record for the zone itself."
	}
	z.records = slices.Delete(z.records, at, at+1)
	return ""
}

// conflict tells which rule of names and types a record set breaks.
func (z *zone) conflict(wanted *record) string {
	if wanted.Type == typeCNAME && wanted.Name == z.name {
		return fmt.Sprintf("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", wanted.Name, z.name)
	}
	for i := range z.records {
		other := &z.records[i]
		if other.Name != wanted.Name {
			continue
		}
		switch {
		case wanted.Type == typeCNAME && other.Type != typeCNAME:
			return fmt.Sprintf("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the "+
				"same DNS name in zone %s", wanted.Name, z.name)
		case wanted.Type != typeCNAME && other.Type == typeCNAME:
			return fmt.Sprintf("RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type  CNAME "+
				"with the same DNS name already exists in zone %s", wanted.Type, wanted.Name, z.name)
		case wanted.Type == other.Type && (wanted.SetIdentifier == "") != (other.SetIdentifier == ""):
			return fmt.Sprintf("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created because a non multi-answer "+
				"RRSet exists with the same name and type.", wanted.Name, wanted.Type, orNull(wanted.SetIdentifier))
		}
	}
	return ""
}

func (r *record) wrongValue() string {
	for _, text := range r.texts() {
		address, err := netip.ParseAddr(text)
		switch {
		case r.Type == "A" && (err != nil || !address.Is4()):
			return fmt.Sprintf("Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address "+
				"(Value is not a valid IPv4 address) encountered with '%s''", text)
		case r.Type == "AAAA" && (err != nil || !address.Is6()):
			return fmt.Sprintf("Invalid Resource Record: 'FATAL problem: AAAARRDATAIllegalIPv6Address "+
				"(Value is not a valid IPv6 address) encountered with '%s''", text)
		case r.Type == "TXT" && !strings.HasPrefix(text, `"`):
			return fmt.Sprintf("Invalid Resource Record: 'FATAL problem: InvalidCharacterString "+
				"(Value should be enclosed in quotation marks) encountered with '%s''", text)
		}
	}
	return ""
}

// sameAs says whether two record sets say the same.
func (r *record) sameAs(other *record) bool {
	if (r.AliasTarget == nil) != (other.AliasTarget == nil) || (r.TTL == nil) != (other.TTL == nil) {
		return false
	}
	if r.AliasTarget != nil && *r.AliasTarget != *other.AliasTarget {
		return false
	}
	if r.TTL != nil && *r.TTL != *other.TTL {
		return false
	}
	return slices.Equal(slices.Sorted(slices.Values(r.texts())), slices.Sorted(slices.Values(other.texts())))
}
