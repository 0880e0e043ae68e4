package process

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor times in /proc: sysconf(_SC_CLK_TCK) is 100 on every architecture that Go runs on.
const tick = time.Second / 100

// Fields of /proc/PID/stat after the name, counted from 0 (proc_pid_stat(5)).
const (
	fieldUserTime = 11 // followed by the system's time, and both of children that ended
	fieldTimes    = 4
	fieldResident = 21 // pages
)

// Usage tells the processor time that the process and its descendants have used, and the memory that they have, in
// bytes; false if the process has ended.
func (p *Process) Usage() (time.Duration, int64, bool) {
	select {
	case <-p.done:
		return 0, 0, false
	default:
		return usageOf(p.cmd.Process.Pid)
	}
}

func usageOf(pid int) (time.Duration, int64, bool) {
	processor, memory, ok := statOf(pid)
	for _, child := range childrenOf(pid) {
		more, space, _ := usageOf(child)
		processor, memory = processor+more, memory+space
	}
	return processor, memory, ok
}

// childrenOf returns the processes that a process started and that have not ended.
func childrenOf(pid int) []int {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // the pattern is well-formed
	var found []int
	for _, list := range lists {
		children, err := os.ReadFile(list) //nolint:gosec // a file of /proc
		if err != nil {
			continue // the thread has ended
		}
		for text := range strings.FieldsSeq(string(children)) {
			if child, err := strconv.Atoi(text); err == nil {
				found = append(found, child)
			}
		}
	}
	return found
}

func statOf(pid int) (time.Duration, int64, bool) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	text := string(data)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:]) // names may have spaces
	if len(fields) <= fieldResident {
		return 0, 0, false
	}
	var ticks int64
	for _, field := range fields[fieldUserTime : fieldUserTime+fieldTimes] {
		count, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, 0, false
		}
		ticks += count
	}
	pages, err := strconv.ParseInt(fields[fieldResident], 10, 64)
	if err != nil {
		return 0, 0, false
	}
	return time.Duration(ticks) * tick, pages * int64(os.Getpagesize()), true
}
