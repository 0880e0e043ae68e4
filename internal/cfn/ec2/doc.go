// Package ec2 holds the typed resources of AWS::EC2, generated from their registry schemas.
package ec2
