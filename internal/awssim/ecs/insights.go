package ecs

import "slices"

// containerInsights is the setting of clusters that says whether Container Insights observes them.
const containerInsights = "containerInsights"

func checkSettings(given []setting) error {
	for _, one := range given {
		if one.Name != containerInsights {
			return errInvalid("Invalid cluster setting name %s.", one.Name)
		}
		if !slices.Contains([]string{"enabled", "disabled", "enhanced"}, one.Value) {
			return errInvalid("Invalid setting value for containerInsights: %s.", one.Value)
		}
	}
	return nil
}

// allSettings are a cluster's settings with their defaults.
func (c *clusterSettings) allSettings() []setting {
	if len(c.Settings) == 0 {
		return []setting{{Name: containerInsights, Value: "disabled"}}
	}
	return c.Settings
}

// observed says whether Container Insights observes the cluster.
func (c *clusterSettings) observed() bool { return c.allSettings()[0].Value != "disabled" }
