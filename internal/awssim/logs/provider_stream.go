package logs

import (
	"context"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/props"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// streamProvider makes AWS::Logs::LogStream real. Ref answers the stream's name.
type streamProvider struct{ *Service }

type streamProperties struct{ LogGroupName, LogStreamName string }

func readStream(r resource.Request) (streamProperties, error) {
	var wanted streamProperties
	err := props.Decode(r.Properties, &wanted)
	return wanted, err
}

// Create makes a stream in an existing group.
func (p *streamProvider) Create(_ context.Context, r resource.Request) (resource.Result, error) {
	wanted, err := readStream(r)
	if err != nil {
		return resource.Result{}, err
	}
	if wanted.LogStreamName == "" {
		wanted.LogStreamName = props.GeneratedName(r.StackName, r.LogicalID)
	}
	p.mu.Lock()
	group, ok := p.groups[groupKey{r.Place, wanted.LogGroupName}]
	taken := ok && group.streams[wanted.LogStreamName] != nil
	p.mu.Unlock()
	if taken {
		return resource.Result{}, props.AlreadyExists(r.Type, wanted.LogGroupName+"|"+wanted.LogStreamName)
	}
	if err := p.CreateStream(r.Place, wanted.LogGroupName, wanted.LogStreamName); err != nil {
		return resource.Result{}, &resource.Failure{Message: "The specified log group does not exist.", HandlerErrorCode: "NotFound"}
	}
	return resource.Result{PhysicalID: wanted.LogStreamName}, nil
}

// Update has nothing to do: all properties are create-only.
func (p *streamProvider) Update(_ context.Context, r resource.Request) (resource.Result, error) {
	return resource.Result{PhysicalID: r.PhysicalID}, nil
}

// Delete removes a stream with its events.
func (p *streamProvider) Delete(_ context.Context, r resource.Request) error {
	wanted, err := readStream(r)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if group, ok := p.groups[groupKey{r.Place, wanted.LogGroupName}]; ok {
		delete(group.streams, r.PhysicalID)
	}
	return nil
}
