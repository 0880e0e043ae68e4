// Package ecs holds the typed resources of AWS::ECS, generated from their registry schemas.
package ecs
