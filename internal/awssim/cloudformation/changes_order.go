package cloudformation

import (
	"cmp"
	"slices"
)

// Details, and the attributes that sum them up, come in the order of a Java hash set. Nothing documents that; it follows
// from the change sets that others recorded since 2025 (decision 0005): their orders look random, and the hash codes below
// explain every one of them, the longest of 14 details.

// inSetOrder sorts a change's details in place. Those that share a bucket stay in the order in which they were found.
func inSetOrder(details []changeDetail) {
	buckets := usualBuckets(len(details))
	slices.SortStableFunc(details, func(a, b changeDetail) int {
		return cmp.Compare(bucketOf(a.hash(), buckets), bucketOf(b.hash(), buckets))
	})
}

// asFound puts details with values into the order in which they get into their set: those of a whole property come as they
// do without values, out of a set of their own (derived from two recordings of details that share a bucket).
func asFound(details []plannedDetail, withoutValues int) []plannedDetail {
	buckets := usualBuckets(withoutValues)
	var found []plannedDetail
	for start, end := 0, 0; start < len(details); start = end {
		for end < len(details) && details[end].path == details[start].path {
			end++
		}
		same := slices.Clone(details[start:end])
		if same[0].isWhole() {
			slices.SortStableFunc(same, func(a, b plannedDetail) int {
				first, second := a.describe(false), b.describe(false)
				return cmp.Compare(bucketOf(first.hash(), buckets), bucketOf(second.hash(), buckets))
			})
		}
		found = append(found, same...)
	}
	return found
}

// isWhole reports whether the detail is of a property and not of what is in one.
func (d *plannedDetail) isWhole() bool { return d.path == "/Properties/"+d.name }

// hash is the hash code of a detail as CloudFormation has it.
func (d *changeDetail) hash() uint32 {
	return hashAll(hashOf(d.ChangeSource), d.Target.hash(), hashOf(d.CausingEntity), hashOf(d.Evaluation))
}

// hash leaves out what only drift-aware change sets have (believed: none of them was recorded with more than one detail).
func (t *changeTarget) hash() uint32 {
	var before, after string
	if t.BeforeValue != nil {
		before = *t.BeforeValue
	}
	if t.AfterValue != nil {
		after = *t.AfterValue
	}
	return hashAll(hashOf(t.Attribute), hashOf(t.Name), hashOf(t.RequiresRecreation), hashOf(t.Path), hashOf(before), hashOf(after),
		hashOf(t.AttributeChangeType))
}

// hashAll is the hash code of an object with members of these; one that is missing has 0, as an empty text does.
func hashAll(members ...uint32) uint32 {
	hash := uint32(1)
	for _, member := range members {
		hash = hash*javaPrime + member
	}
	return hash
}
