package cloudformation

import "strings"

// publishOutputs evaluates the outputs and offers the exports to other stacks. A name that one template exports twice is
// refused as that of another stack is (believed). The caller holds st.mu.
func (s *Service) publishOutputs(st *stack) error {
	outputs, err := s.scope(st, st.deployed).Outputs()
	if err != nil {
		return err
	}
	exports := make(map[string]string)
	for _, output := range outputs {
		if output.Export == "" {
			continue
		}
		if _, twice := exports[output.Export]; twice {
			return alreadyExported(output.Export, st.name)
		}
		exports[output.Export] = output.Value
	}
	if err := s.store.publish(st, exports); err != nil {
		return err
	}
	st.outputs = outputs
	return nil
}

func alreadyExported(name, stackName string) error {
	return refusal("Export with name %s is already exported by stack %s", name, stackName)
}

// exportsInUse returns why the stack's exports cannot change as its new outputs want, or "": what another
// stack imports can neither go nor get another value.
func (s *Service) exportsInUse(st *stack) string {
	st.mu.Lock()
	outputs, err := s.scope(st, st.deployed).Outputs()
	st.mu.Unlock()
	if err != nil {
		return err.Error()
	}
	wanted := make(map[string]string)
	for _, output := range outputs {
		wanted[output.Export] = output.Value
	}
	for _, current := range s.store.exported(st.Place, st.id) {
		value, stays := wanted[current.name]
		if stays && value == current.value {
			continue
		}
		importers := s.store.importers(st.Place, current.name)
		if len(importers) == 0 {
			continue
		}
		deed := "deleted"
		if stays {
			deed = "updated"
		}
		return "Export " + current.name + " cannot be " + deed + " as it is in use by " + enumerate(importers)
	}
	return ""
}

// blockedDeletion returns why a stack cannot be deleted: an export that is in use. "" if it can.
func (s *Service) blockedDeletion(st *stack) string {
	for _, current := range s.store.exported(st.Place, st.id) {
		if importers := s.store.importers(st.Place, current.name); len(importers) > 0 {
			return "Delete canceled. Cannot delete export " + current.name + " as it is in use by " + enumerate(importers) + "."
		}
	}
	return ""
}

// enumerate writes "a, b and c".
func enumerate(names []string) string {
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
