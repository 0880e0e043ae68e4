package route53

import (
	"context"
	"strconv"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type changeRecordsInput struct {
	ID   string `path:"Id"`
	Body struct {
		ChangeBatch struct {
			Comment string
			Changes []change `xml:"Changes>Change"`
		}
	} `body:"xml"`
}

// mostChanges is how many changes a batch takes ("Quotas", developer guide).
const mostChanges = 1000

func (s *Service) changeResourceRecordSets(_ context.Context, call *wire.Call, in *changeRecordsInput) (*changeOutput, error) {
	batch := in.Body.ChangeBatch
	switch {
	case len(batch.Changes) == 0:
		return nil, wire.Errorf("InvalidInput", "1 validation error detected: Value '[]' at 'changeBatch.changes' failed to "+
			"satisfy constraint: Member must have length greater than or equal to 1")
	case len(batch.Changes) > mostChanges:
		return nil, wire.Errorf("InvalidChangeBatch", "[Number of records limit of %d exceeded.]", mostChanges)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Account, in.ID)
	if err != nil {
		return nil, err
	}
	if err := found.apply(batch.Changes); err != nil {
		return nil, err
	}
	out := &changeOutput{s.changed()}
	out.ChangeInfo.Comment = batch.Comment
	return out, nil
}

type listRecordsInput struct {
	ID         string `path:"Id"`
	Name       string `param:"name"`
	Type       string `param:"type"`
	Identifier string `param:"identifier"`
	MaxItems   string `param:"maxitems"`
}

type listRecordsOutput struct {
	ResourceRecordSets   []record `xml:"ResourceRecordSets>ResourceRecordSet"`
	IsTruncated          bool
	NextRecordName       string `xml:",omitempty"`
	NextRecordType       string `xml:",omitempty"`
	NextRecordIdentifier string `xml:",omitempty"`
	MaxItems             string
}

// listResourceRecordSets begins at a name, type and identifier; it does not select them.
func (s *Service) listResourceRecordSets(_ context.Context, call *wire.Call, in *listRecordsInput) (*listRecordsOutput, error) {
	limit, err := pageSize(in.MaxItems)
	if err != nil {
		return nil, err
	}
	if in.Type != "" && in.Name == "" {
		return nil, wire.Errorf("InvalidInput", "The resource record set type cannot be specified without a name.")
	}
	if in.MaxItems == "" {
		limit = largestRecordPage
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(call.Account, in.ID)
	if err != nil {
		return nil, err
	}
	start := ""
	if in.Name != "" {
		from := record{Name: canonical(in.Name), Type: in.Type, SetIdentifier: in.Identifier}
		start = from.key()
	}
	out := &listRecordsOutput{MaxItems: strconv.Itoa(limit), ResourceRecordSets: []record{}}
	for _, each := range found.records {
		switch {
		case each.key() < start:
		case len(out.ResourceRecordSets) == limit:
			out.IsTruncated, out.NextRecordName = true, each.Name
			out.NextRecordType, out.NextRecordIdentifier = each.Type, each.SetIdentifier
			return out, nil
		default:
			out.ResourceRecordSets = append(out.ResourceRecordSets, each)
		}
	}
	return out, nil
}
