package ecs

import (
	"slices"
	"strconv"
	"strings"
)

// inUnits returns a size as ECS keeps it: ".5 vCPU" is 512, "0.5GB" and "0.5 GB" are 512 (API reference,
// RegisterTaskDefinition). What has another form comes back as it is.
func inUnits(size, unit string) string {
	const units = 1024
	number, ok := strings.CutSuffix(strings.ToLower(size), unit)
	if !ok {
		return size
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil {
		return size
	}
	return strconv.FormatFloat(value*units, 'f', -1, 64)
}

// validSize says whether Fargate has tasks of this size ("Task CPU and memory", developer guide).
func validSize(cpu, memory string) bool {
	units, err := strconv.Atoi(cpu)
	mebibytes, memoryErr := strconv.Atoi(memory)
	if err != nil || memoryErr != nil {
		return false
	}
	sizes := map[int]struct{ least, most, step int }{
		512: {1024, 4096, 1024}, 1024: {2048, 8192, 1024}, 2048: {4096, 16384, 1024}, 4096: {8192, 30720, 1024},
		8192: {16384, 61440, 4096}, 16384: {32768, 122880, 8192},
	}
	const smallest = 256
	if units == smallest {
		return slices.Contains([]int{512, 1024, 2048}, mebibytes)
	}
	size, ok := sizes[units]
	return ok && mebibytes >= size.least && mebibytes <= size.most && mebibytes%size.step == 0
}
