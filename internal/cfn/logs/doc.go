// Package logs holds the typed resources of AWS::Logs, generated from their registry schemas.
package logs
