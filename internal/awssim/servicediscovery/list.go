package servicediscovery

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// filter narrows a listing.
type filter struct {
	Name, Condition string
	Values          []string
}

// Names and values of filters.
const (
	filterOwner  = "RESOURCE_OWNER"
	ownerSelf    = "SELF"
	prefixedWith = "BEGINS_WITH"
)

// passes says whether a value is one that the filter wants; an error for a condition that there is not.
func (f filter) passes(value string) (bool, error) {
	if len(f.Values) != 1 {
		return false, errInput("The filter %s takes one value.", f.Name)
	}
	switch f.Condition {
	case "", "EQ":
		return value == f.Values[0], nil
	case prefixedWith:
		return strings.HasPrefix(value, f.Values[0]), nil
	default:
		return false, errInput("The condition %s is not valid for the filter %s.", f.Condition, f.Name)
	}
}

// selects says whether a thing passes all filters, of which it has the values.
func selects(filters []filter, values map[string]string) (bool, error) {
	all := true
	for _, each := range filters {
		value, known := values[each.Name]
		if !known {
			return false, errInput("The filter %s is not valid.", each.Name)
		}
		passed, err := each.passes(value)
		if err != nil {
			return false, err
		}
		all = all && passed
	}
	return all, nil
}

type pageInput struct {
	MaxResults *int
	NextToken  string
	Filters    []filter
}

// pageOf sorts a listing and cuts it into pages.
func pageOf[T any](items []T, token string, wanted *int, by func(T) string) ([]T, string, error) {
	const most = 100
	limit := most
	if wanted != nil {
		if limit = *wanted; limit < 1 || limit > most {
			return nil, "", errInput("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member "+
				"must have value between 1 and 100", limit)
		}
	}
	slices.SortFunc(items, func(a, b T) int { return cmp.Compare(by(a), by(b)) })
	page, next, err := paging.Page(items, token, limit, by)
	if errors.Is(err, paging.ErrToken) {
		return nil, "", errInput("The next token is not valid.")
	}
	return page, next, err
}

type httpProperties struct {
	HTTPName string `json:"HttpName"`
}

type dnsProperties struct {
	HostedZoneID string `json:"HostedZoneId"`
	SOA          *soa   `json:",omitempty"`
}

type describedNamespace struct {
	ID               string `json:"Id"`
	Arn              string
	ResourceOwner    string
	Name             string
	Type             string
	Description      string `json:",omitempty"`
	ServiceCount     int
	Properties       namespaceProperties
	CreateDate       wire.Time
	CreatorRequestID string `json:"CreatorRequestId,omitempty"`
}

type namespaceProperties struct {
	DNSProperties  *dnsProperties `json:"DnsProperties,omitempty"`
	HTTPProperties httpProperties `json:"HttpProperties"`
}

// describe describes a namespace. Call it locked.
func (s *Service) describe(n *namespace) describedNamespace {
	described := describedNamespace{
		ID: n.id, Arn: n.arn(), ResourceOwner: n.place.Account, Name: n.name, Type: n.kind, Description: n.description,
		ServiceCount: s.countServices(n), CreateDate: wire.At(n.created), CreatorRequestID: n.creator,
		Properties: namespaceProperties{HTTPProperties: httpProperties{n.httpName}},
	}
	if n.zone != "" {
		described.Properties.DNSProperties = &dnsProperties{n.zone, &soa{n.soa}}
	}
	return described
}

type getNamespaceOutput struct{ Namespace describedNamespace }

func (s *Service) getNamespace(_ context.Context, call *wire.Call, in *idInput) (*getNamespaceOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.namespaceOf(call.Place(), in.ID)
	if err != nil {
		return nil, err
	}
	return &getNamespaceOutput{s.describe(found)}, nil
}

type listNamespacesOutput struct {
	Namespaces []describedNamespace
	NextToken  string `json:",omitempty"`
}

func (s *Service) listNamespaces(_ context.Context, call *wire.Call, in *pageInput) (*listNamespacesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := selects(in.Filters, (&namespace{}).filtered()); err != nil {
		return nil, err
	}
	found := []describedNamespace{}
	for _, each := range s.namespaces {
		if passed, _ := selects(in.Filters, each.filtered()); passed && each.place == call.Place() { // no error: see above
			described := s.describe(each)
			described.CreatorRequestID = "" // is not in listings
			found = append(found, described)
		}
	}
	page, next, err := pageOf(found, in.NextToken, in.MaxResults, func(n describedNamespace) string { return n.Name + " " + n.ID })
	return &listNamespacesOutput{page, next}, err
}

func (n *namespace) filtered() map[string]string {
	return map[string]string{"TYPE": n.kind, "NAME": n.name, "HTTP_NAME": n.httpName, filterOwner: ownerSelf}
}

type listServicesOutput struct {
	Services  []describedService
	NextToken string `json:",omitempty"`
}

func (s *Service) listServices(_ context.Context, call *wire.Call, in *pageInput) (*listServicesOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	filters := slices.Clone(in.Filters)
	for i := range filters {
		if filters[i].Name == "NAMESPACE_ID" && len(filters[i].Values) == 1 {
			filters[i].Values = []string{idOf(filters[i].Values[0])} // an ARN will do
		}
	}
	if _, err := selects(filters, (&service{namespace: &namespace{}}).filtered()); err != nil {
		return nil, err
	}
	found := []describedService{}
	for _, each := range s.services {
		if passed, _ := selects(filters, each.filtered()); passed && each.namespace.place == call.Place() { // no error: see above
			described := each.describe()
			described.CreatorRequestID, described.NamespaceID = "", "" // are not in listings
			found = append(found, described)
		}
	}
	page, next, err := pageOf(found, in.NextToken, in.MaxResults, func(d describedService) string { return d.Name + " " + d.ID })
	return &listServicesOutput{page, next}, err
}

func (s *service) filtered() map[string]string {
	return map[string]string{"NAMESPACE_ID": s.namespace.id, filterOwner: ownerSelf}
}
