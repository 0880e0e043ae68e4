//go:build unix && !linux

package process

func (*launcher) do(work func()) { work() }

func (*launcher) mount(string, *Root, []Mount, bool) error { return errCannotMount }

func unmount(string) {}
