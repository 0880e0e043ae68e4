package wire

import "context"

// Op adapts a typed function to a Handler: it decodes the request into a new In by the call's protocol and
// refuses parameters that In does not have.
func Op[In, Out any](serve func(ctx context.Context, call *Call, in *In) (*Out, error)) Handler {
	return func(ctx context.Context, call *Call) (any, error) {
		in := new(In)
		if err := call.decode(in); err != nil {
			return nil, err
		}
		out, err := serve(ctx, call, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
}

func (c *Call) decode(into any) error {
	switch c.Protocol {
	case CBOR:
		return c.decodeCBOR(into)
	case JSON11, JSON10:
		return c.decodeJSON(into)
	case RESTXML:
		return c.decodeREST(into)
	case Query, EC2:
	}
	return c.decodeQuery(into)
}
