package sqs

import (
	"context"
	"errors"
	"regexp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// maxEntries is how many entries a batch has at most.
const maxEntries = 10

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type failure struct {
	ID          string `json:"Id"`
	SenderFault bool
	Code        string
	Message     string `json:",omitempty"`
}

// checkEntries refuses a batch as a whole. Kind is what its entries are called.
func checkEntries(ids []string, kind string) error {
	switch {
	case len(ids) == 0:
		return wire.Errorf(codeEmpty, "There should be at least one %s in the request.", kind)
	case len(ids) > maxEntries:
		return wire.Errorf(codeMany, "Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(ids))
	}
	seen := make(map[string]bool)
	for _, id := range ids {
		if !entryID.MatchString(id) {
			return wire.Errorf(codeEntryID, "A batch entry id can only contain alphanumeric characters, hyphens and underscores. "+
				"It can be at most 80 letters long.")
		}
		if seen[id] {
			return wire.Errorf(codeTwice, "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

// failed words an error of one entry; nil if it is none of the client's.
func failed(id string, err error) (*failure, error) {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return nil, err
	}
	return &failure{ID: id, SenderFault: true, Code: refused.Code, Message: refused.Message}, nil
}

type sendEntry struct {
	outgoing

	ID string `json:"Id"`
}

type sendBatchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []sendEntry
}

type sentEntry struct {
	sent

	ID string `json:"Id"`
}

type sendBatchOutput struct {
	Successful []sentEntry `json:",omitempty"`
	Failed     []failure   `json:",omitempty"`
}

func (s *Service) sendMessageBatch(_ context.Context, call *wire.Call, in *sendBatchInput) (*sendBatchOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	into, err := s.find(call.Place(), in.QueueURL)
	if err != nil {
		return nil, err
	}
	var ids []string
	size := 0
	for _, each := range in.Entries {
		ids = append(ids, each.ID)
		size += len(each.MessageBody)
	}
	if err := checkEntries(ids, "SendMessageBatchRequestEntry"); err != nil {
		return nil, err
	}
	if size > maxSize {
		return nil, wire.Errorf(codeLong, "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxSize, size)
	}
	out := &sendBatchOutput{}
	for i := range in.Entries {
		each := &in.Entries[i]
		done, err := s.put(into, &each.outgoing)
		if err != nil {
			refused, err := failed(each.ID, err)
			if err != nil {
				return nil, err
			}
			out.Failed = append(out.Failed, *refused)
			continue
		}
		out.Successful = append(out.Successful, sentEntry{*done, each.ID})
	}
	return out, nil
}

type entry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

type batchInput struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []entry
}

type done struct {
	ID string `json:"Id"`
}

type batchOutput struct {
	Successful []done    `json:",omitempty"`
	Failed     []failure `json:",omitempty"`
}

func (s *Service) deleteMessageBatch(_ context.Context, call *wire.Call, in *batchInput) (*batchOutput, error) {
	return s.each(call, in, "DeleteMessageBatchRequestEntry", func(e entry) error {
		if e.VisibilityTimeout != nil {
			return wire.Unsupported(call, "the parameter VisibilityTimeout")
		}
		return s.discard(call.Place(), in.QueueURL, e.ReceiptHandle)
	})
}

func (s *Service) changeMessageVisibilityBatch(_ context.Context, call *wire.Call, in *batchInput) (*batchOutput, error) {
	return s.each(call, in, "ChangeMessageVisibilityBatchRequestEntry", func(e entry) error {
		return s.hide(call.Place(), in.QueueURL, e.ReceiptHandle, e.VisibilityTimeout)
	})
}

// each does something with every entry of a batch.
func (s *Service) each(call *wire.Call, in *batchInput, kind string, do func(entry) error) (*batchOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.find(call.Place(), in.QueueURL); err != nil {
		return nil, err
	}
	var ids []string
	for _, each := range in.Entries {
		ids = append(ids, each.ID)
	}
	if err := checkEntries(ids, kind); err != nil {
		return nil, err
	}
	out := &batchOutput{}
	for _, each := range in.Entries {
		err := do(each)
		if err == nil {
			out.Successful = append(out.Successful, done{each.ID})
			continue
		}
		refused, err := failed(each.ID, err)
		if err != nil {
			return nil, err
		}
		out.Failed = append(out.Failed, *refused)
	}
	return out, nil
}
