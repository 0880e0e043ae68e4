// Package elbv2 holds the typed resources of AWS::ElasticLoadBalancingV2, generated from their registry schemas.
package elbv2
