package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// Wrap returns a provider whose deeds the set's rules strike.
func (s *Set) Wrap(inner resource.Provider, pace clock.Clock) resource.Provider {
	wrapped := &provider{inner: inner, set: s, clock: pace}
	if reader, ok := inner.(resource.Reader); ok {
		return &readable{provider: wrapped, Reader: reader}
	}
	return wrapped
}

// readable is a provider that reads as well; no fault strikes that.
type readable struct {
	*provider
	resource.Reader
}

// Attribute passes on what the provider sees, if it does.
func (r *readable) Attribute(place resource.Place, resourceType, physicalID, name string) (any, bool) {
	if viewer, ok := r.inner.(resource.Viewer); ok {
		return viewer.Attribute(place, resourceType, physicalID, name)
	}
	return nil, false
}

type provider struct {
	inner resource.Provider
	set   *Set
	clock clock.Clock
}

// Create makes a resource unless a fault prevents it.
func (p *provider) Create(ctx context.Context, r resource.Request) (resource.Result, error) {
	return p.do(ctx, Create, r, func() (resource.Result, error) {
		made, err := p.inner.Create(ctx, r)
		if err == nil && r.Initiated != nil {
			r.Initiated(made.PhysicalID) // it exists, whatever a fault makes of it
		}
		return made, err
	})
}

// Update changes a resource unless a fault prevents it.
func (p *provider) Update(ctx context.Context, r resource.Request) (resource.Result, error) {
	return p.do(ctx, Update, r, func() (resource.Result, error) { return p.inner.Update(ctx, r) })
}

// Delete removes a resource unless a fault prevents it.
func (p *provider) Delete(ctx context.Context, r resource.Request) error {
	_, err := p.do(ctx, Delete, r, func() (resource.Result, error) { return resource.Result{}, p.inner.Delete(ctx, r) })
	return err
}

func (p *provider) do(
	ctx context.Context, deed Deed, r resource.Request, really func() (resource.Result, error),
) (resource.Result, error) {
	hit, ok := p.set.OnDeed(deed, r)
	if !ok {
		return really()
	}
	if err := p.clock.Sleep(ctx, time.Duration(hit.Delay)); err != nil {
		return resource.Result{}, fmt.Errorf("delaying %s: %w", r.LogicalID, err)
	}
	if hit.Effect == Failure {
		return resource.Result{}, hit.failure(deed)
	}
	result, err := really()
	if err != nil {
		return result, err
	}
	return result, p.after(ctx, deed, r, hit)
}

// after is what follows a deed that was done.
func (p *provider) after(ctx context.Context, deed Deed, r resource.Request, hit Hit) error {
	switch hit.Effect { //nolint:exhaustive // the others are effects on calls, or have had their effect
	case LateFailure:
		return hit.failure(deed)
	case Stuck:
		select {
		case <-hit.Cleared:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", r.LogicalID, ctx.Err())
		}
	}
	return nil
}

func (h Hit) failure(deed Deed) error {
	message := h.words("awssim was told to fail this " + string(deed))
	return &resource.Failure{Message: message, HandlerErrorCode: "GeneralServiceException"}
}
