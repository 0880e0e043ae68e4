package wire_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type named struct {
	Name   string
	Values []string `item:"Value"`
}

type namedItems struct {
	Filters []named `item:"Filter"`
}

func TestItemsOfListsCanHaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	service := wire.Service{
		Name: "shop", Protocol: wire.Query, Version: "2020", Namespace: "urn:shop",
		Operations: map[string]wire.Handler{
			"Echo": wire.Op(func(_ context.Context, _ *wire.Call, in *namedItems) (*namedItems, error) { return in, nil }),
		},
	}
	serve := func(body string) string {
		request := httptest.NewRequestWithContext(t.Context(), "POST", "/", nil)
		answer := service.Serve(t.Context(), &wire.Call{Service: "shop", HTTP: request, Body: []byte("Action=Echo&" + body)})
		return string(answer.Body)
	}
	const want = "<Filters><Filter><Name>n</Name><Values><Value>a</Value><Value>b</Value></Values></Filter></Filters>"
	if got := serve("Filters.Filter.1.Name=n&Filters.Filter.1.Values.Value.1=a&Filters.Filter.1.Values.Value.2=b"); !strings.Contains(got, want) {
		t.Errorf("got %s", got)
	}
	if got := serve("Filters.member.1.Name=n"); !strings.Contains(got, "does not implement the parameter &#34;Filters.member") {
		t.Errorf("got %s", got)
	}
}
