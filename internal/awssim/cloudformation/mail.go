package cloudformation

import (
	"sync"

	awsevent "github.com/ecsapp-dev/ecsapp-operator/internal/awssim/event"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
)

// mail carries what a stack tells others out of the stack's lock: in order, one letter at a time, so that a
// receiver that is slow, or that asks for the stack, stalls nobody.
type mail struct {
	mu      sync.Mutex
	letters []func()
	busy    bool
	idle    sync.Cond // of mu
}

func newMail() *mail {
	m := new(mail)
	m.idle.L = &m.mu
	return m
}

// post takes a letter; it does not block.
func (m *mail) post(letter func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.letters = append(m.letters, letter)
	if !m.busy {
		m.busy = true
		go m.deliver()
	}
}

// deliver hands over letters until there are none.
func (m *mail) deliver() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for len(m.letters) > 0 {
		letters := m.letters
		m.letters = nil
		m.mu.Unlock()
		for _, letter := range letters {
			letter()
		}
		m.mu.Lock()
	}
	m.busy = false
	m.idle.Broadcast()
}

// wait returns when every letter is delivered.
func (m *mail) wait() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.busy {
		m.idle.Wait()
	}
}

// postedSink is a sink that gets its events by mail.
type postedSink struct {
	mail *mail
	to   awsevent.Sink
}

// Put posts an event.
func (s postedSink) Put(place resource.Place, e awsevent.Event) {
	s.mail.post(func() { s.to.Put(place, e) })
}

// postedTopics are topics that get their messages by mail.
type postedTopics struct {
	mail *mail
	to   Topics
}

// Publish posts a message. A topic that is gone by then is told nothing, as on AWS.
func (t postedTopics) Publish(place resource.Place, topicARN, subject, message string) error {
	t.mail.post(func() { _ = t.to.Publish(place, topicARN, subject, message) }) // see above
	return nil
}
