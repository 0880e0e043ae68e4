// Package iam holds the typed resources of AWS::IAM, generated from their registry schemas.
package iam
