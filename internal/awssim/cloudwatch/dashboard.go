package cloudwatch

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/paging"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// dashboardKey finds a dashboard. Dashboards belong to an account, not to a region.
type dashboardKey struct{ account, name string }

type dashboard struct {
	key      dashboardKey
	body     string
	modified time.Time
	tags     map[string]string
}

func (d *dashboard) arn() string {
	return "arn:aws:cloudwatch::" + d.key.account + ":dashboard/" + d.key.name
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

type putDashboardInput struct {
	DashboardName string
	DashboardBody string
	Tags          []Tag
}

type dashboardMessage struct{ DataPath, Message string }

type putDashboardOutput struct{ DashboardValidationMessages []dashboardMessage }

func (s *Service) putDashboard(_ context.Context, call *wire.Call, in *putDashboardInput) (*putDashboardOutput, error) {
	err := s.setDashboard(dashboardKey{call.Account, in.DashboardName}, in.DashboardBody, tagMap(in.Tags))
	if err != nil {
		return nil, err
	}
	return &putDashboardOutput{DashboardValidationMessages: []dashboardMessage{}}, nil
}

// setDashboard makes or changes a dashboard, which keeps its tags then.
func (s *Service) setDashboard(key dashboardKey, body string, tags map[string]string) error {
	if !dashboardName.MatchString(key.name) {
		return errValue("The value %s for field DashboardName contains invalid characters. "+
			"It can only contain alphanumerics, dash (-) and underscore (_).", key.name)
	}
	var parsed struct {
		Widgets []json.RawMessage `json:"widgets"`
	}
	if err := json.Unmarshal([]byte(body), &parsed); err != nil {
		return wire.Errorf(codeDashboard, "The field DashboardBody must be a valid JSON object")
	}
	const most = 500
	if len(parsed.Widgets) > most {
		return wire.Errorf(codeDashboard, "The dashboard has more than %d widgets", most)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	made := &dashboard{key: key, body: body, modified: s.clock.Now(), tags: tags}
	if old, ok := s.dashboards[key]; ok {
		made.tags = old.tags
	}
	s.dashboards[key] = made
	return nil
}

type dashboardInput struct{ DashboardName string }

type getDashboardOutput struct {
	DashboardArn  string
	DashboardBody string
	DashboardName string
}

func (s *Service) getDashboard(_ context.Context, call *wire.Call, in *dashboardInput) (*getDashboardOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.dashboards[dashboardKey{call.Account, in.DashboardName}]
	if !ok {
		return nil, errNoDashboard(in.DashboardName)
	}
	return &getDashboardOutput{DashboardArn: found.arn(), DashboardBody: found.body, DashboardName: found.key.name}, nil
}

// errNoDashboard has another shape than the error of alarms, with the same code.
func errNoDashboard(name string) error {
	return &wire.Error{
		Code: "ResourceNotFound", Message: "Dashboard " + name + " does not exist", Status: http.StatusNotFound,
		Shape: "DashboardNotFoundError",
	}
}

type listDashboardsInput struct {
	DashboardNamePrefix string
	NextToken           string
}

type dashboardEntry struct {
	DashboardArn  string
	DashboardName string
	LastModified  wire.Time
	Size          int
}

type listDashboardsOutput struct {
	DashboardEntries []dashboardEntry
	NextToken        string `json:",omitempty"`
}

func (s *Service) listDashboards(_ context.Context, call *wire.Call, in *listDashboardsInput) (*listDashboardsOutput, error) {
	entries := []dashboardEntry{}
	s.mu.Lock()
	for key, found := range s.dashboards {
		if key.account == call.Account && strings.HasPrefix(key.name, in.DashboardNamePrefix) {
			entries = append(entries, dashboardEntry{found.arn(), key.name, wire.At(found.modified), len(found.body)})
		}
	}
	s.mu.Unlock()
	slices.SortFunc(entries, func(a, b dashboardEntry) int { return strings.Compare(a.DashboardName, b.DashboardName) })
	const pageSize = 1000
	page, next, err := paging.Page(entries, in.NextToken, pageSize, func(e dashboardEntry) string { return e.DashboardName })
	if err != nil {
		return nil, errValue("The specified token is not valid.")
	}
	return &listDashboardsOutput{DashboardEntries: page, NextToken: next}, nil
}

type deleteDashboardsInput struct{ DashboardNames []string }

func (s *Service) deleteDashboards(_ context.Context, call *wire.Call, in *deleteDashboardsInput) (*emptyOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.DashboardNames {
		if _, ok := s.dashboards[dashboardKey{call.Account, name}]; !ok {
			return nil, errNoDashboard(name)
		}
	}
	for _, name := range in.DashboardNames {
		delete(s.dashboards, dashboardKey{call.Account, name})
	}
	return &emptyOutput{}, nil
}
