package ec2

import (
	"context"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

type accountAttribute struct {
	Name   string          `query:"attributeName"`
	Values []accountNumber `query:"attributeValueSet"`
}

type accountNumber struct {
	Value string `query:"attributeValue"`
}

type accountAttributesInput struct {
	Names  []string `query:"AttributeName"`
	DryRun bool
}

type accountAttributesOutput struct {
	AccountAttributeSet []accountAttribute `query:"accountAttributeSet"`
}

func (s *Service) describeAccountAttributes(
	_ context.Context, call *wire.Call, in *accountAttributesInput,
) (*accountAttributesOutput, error) {
	known := map[string]string{
		"supported-platforms": "VPC", "default-vpc": "none", "vpc-max-security-groups-per-interface": "5", "max-elastic-ips": "5",
		"vpc-max-elastic-ips": "5", "max-instances": "20",
	}
	var described []shown[accountAttribute]
	for name, value := range known {
		described = append(described, shown[accountAttribute]{name, accountAttribute{name, []accountNumber{{value}}}, nil, nil})
	}
	for _, name := range in.Names {
		if _, ok := known[name]; !ok {
			return nil, wire.Unsupported(call, "the attribute "+strings.ToLower(name))
		}
	}
	page, _, err := pick(&pageInput{DryRun: in.DryRun}, in.Names, "", described)
	return &accountAttributesOutput{page}, err
}
