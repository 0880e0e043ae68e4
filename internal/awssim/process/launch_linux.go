package process

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A file that was just written can be busy for a moment: a process forked meanwhile, by anyone in this program,
// inherits the descriptor until it has executed (golang.org/issue/22315).
const (
	busyRetries = 20
	busyPause   = 10 * time.Millisecond
)

// launcher starts all processes from one thread that lives as long as they may: the kernel sends the signal
// "your parent died" (prctl PR_SET_PDEATHSIG) when the thread ends that forked, not when its process ends.
type launcher struct {
	requests  chan func()
	stopped   chan struct{}
	separated bool // has a table of mounts of its own; known to its thread alone
}

func newLauncher() *launcher {
	l := &launcher{requests: make(chan func()), stopped: make(chan struct{})}
	go l.serve()
	return l
}

func (l *launcher) serve() {
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	defer close(l.stopped)
	for request := range l.requests {
		request()
	}
}

// start starts a copy of the command. It must not be called after close.
func (l *launcher) start(template *exec.Cmd) (*exec.Cmd, error) {
	var (
		cmd *exec.Cmd
		err error
	)
	l.do(func() { cmd, err = startWhenReady(template) })
	return cmd, err
}

// do does the work on the launcher's thread and waits for its end. It must not be called after close.
func (l *launcher) do(work func()) {
	done := make(chan struct{})
	l.requests <- func() {
		defer close(done)
		work()
	}
	<-done
}

func (l *launcher) close() {
	close(l.requests)
	<-l.stopped
}

func startWhenReady(template *exec.Cmd) (*exec.Cmd, error) {
	for attempt := 0; ; attempt++ {
		cmd, err := startCopy(template)
		if attempt == busyRetries || !errors.Is(err, syscall.ETXTBSY) {
			return cmd, err
		}
		time.Sleep(busyPause)
	}
}

// confines says whether processes are confined to their unpacked root.
func confines() bool { return os.Geteuid() == 0 }

// attributes puts a process in a group of its own, lets it die with the simulator and, when running as
// root, confines it to its root as the given user.
func attributes(root string, who identity) *syscall.SysProcAttr {
	attr := attached(nil)
	if confines() {
		attr.Chroot = root
		attr.Credential = &syscall.Credential{Uid: who.uid, Gid: who.gid, Groups: []uint32{who.gid}}
	}
	return attr
}

// attached returns attributes with which a process has a group of its own and dies with the simulator.
func attached(given *syscall.SysProcAttr) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if given != nil {
		*attr = *given
	}
	attr.Setpgid, attr.Pdeathsig = true, syscall.SIGKILL
	return attr
}
