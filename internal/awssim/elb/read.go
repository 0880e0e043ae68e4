package elb

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Drift compares what a template says with what Read answers, item by item. AWS does not care for the order of the lists
// here, nor for attributes and tags that the template does not have, so they are answered in the template's order.

// likeTexts returns texts in the order of a template's list, those that it does not have at the end.
func likeTexts(template any, actual []string) any {
	return like(template, actual, func(item any) string {
		text, _ := item.(string)
		return text
	}, func(text string) any { return text })
}

// likeAttributes returns the attributes that a template sets.
func likeAttributes(template any, actual map[string]string) any {
	given, ok := template.([]any)
	if !ok {
		return nil
	}
	set := []any{}
	for _, item := range given {
		key := member(item, "Key")
		if value, has := actual[key]; has {
			set = append(set, map[string]any{"Key": key, "Value": value})
		}
	}
	return set
}

// likeTags returns tags in the template's order, without those that the stack or CloudFormation gave.
func likeTags(template any, actual, stack map[string]string) any {
	own := maps.Clone(actual)
	maps.DeleteFunc(own, func(key, value string) bool { return stack[key] == value || isSystemTag(key) })
	return like(template, slices.Sorted(maps.Keys(own)), func(item any) string { return member(item, "Key") },
		func(key string) any { return map[string]any{"Key": key, "Value": own[key]} })
}

func isSystemTag(key string) bool { return len(key) > 4 && key[:4] == "aws:" }

func like(template any, actual []string, name func(any) string, item func(string) any) any {
	given, _ := template.([]any)
	list := []any{}
	var known []string
	for _, each := range given {
		if text := name(each); slices.Contains(actual, text) {
			list, known = append(list, item(text)), append(known, text)
		}
	}
	for _, text := range actual {
		if !slices.Contains(known, text) {
			list = append(list, item(text))
		}
	}
	return list
}

func member(item any, name string) string {
	members, _ := item.(map[string]any)
	text, _ := members[name].(string)
	return text
}

// plainly turns values that are written as properties are into maps and lists.
func plainly(value any) any {
	encoded, err := json.Marshal(value)
	if err != nil {
		return nil
	}
	var plain any
	if json.Unmarshal(encoded, &plain) != nil {
		return nil
	}
	return withoutEmpty(plain)
}

// withoutEmpty leaves out the members that nobody gave: zero values of structs.
func withoutEmpty(value any) any {
	switch typed := value.(type) {
	case map[string]any:
		for name, inner := range typed {
			cleaned := withoutEmpty(inner)
			if cleaned == nil || cleaned == "" {
				delete(typed, name)
				continue
			}
			typed[name] = cleaned
		}
		return typed
	case []any:
		for i := range typed {
			typed[i] = withoutEmpty(typed[i])
		}
		return typed
	default:
		return value
	}
}

// conform writes actual values as a template writes them if they are the same: 80 may be a text there, and true.
func conform(template, actual map[string]any) map[string]any {
	conformed, _ := conformed(template, actual).(map[string]any)
	return conformed
}

func conformed(template, actual any) any {
	switch typed := actual.(type) {
	case map[string]any:
		members, _ := template.(map[string]any)
		for name := range typed {
			typed[name] = conformed(members[name], typed[name])
		}
	case []any:
		items, _ := template.([]any)
		for i := range typed[:min(len(typed), len(items))] {
			typed[i] = conformed(items[i], typed[i])
		}
	default:
		if template != nil && fmt.Sprint(template) == fmt.Sprint(actual) {
			return template
		}
	}
	return actual
}
