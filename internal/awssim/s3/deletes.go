package s3

import (
	"context"
	"encoding/xml"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

func (s *Service) deleteObject(_ context.Context, _ *wire.Call, in *objectKeyInput) (*wire.None, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	delete(from.Objects, in.Key) // what is not there is no error
	return new(wire.None), nil
}

type deleteObjectsInput struct {
	checks

	Bucket string    `path:"Bucket"`
	Delete deletions `body:"xml"`
}

type deletions struct {
	Objects []deletion `xml:"Object"`
	Quiet   bool
}

type deletion struct{ Key string }

type deleteObjectsOutput struct {
	XMLName xml.Name   `xml:"DeleteResult"`
	Deleted []deletion `xml:"Deleted"`
}

func (s *Service) deleteObjects(_ context.Context, call *wire.Call, in *deleteObjectsInput) (*deleteObjectsOutput, error) {
	if err := in.verify(call, call.Body); err != nil {
		return nil, err
	}
	if count := len(in.Delete.Objects); count == 0 || count > maxKeys {
		return nil, errSchema()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	from, err := s.bucket(in.Bucket)
	if err != nil {
		return nil, err
	}
	for _, each := range in.Delete.Objects {
		delete(from.Objects, each.Key)
	}
	if in.Delete.Quiet { // only what failed is told
		return new(deleteObjectsOutput), nil
	}
	return &deleteObjectsOutput{Deleted: in.Delete.Objects}, nil
}
