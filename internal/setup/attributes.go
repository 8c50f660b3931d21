package setup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"

	"guestjourney/workflows/kit"
)

// errNotYet: the server has what it needs, and does not know it yet.
var errNotYet = errors.New("the server does not know its search attributes yet")

type types = map[string]enumspb.IndexedValueType

// addAttributes lists what is there and adds the rest.
func (p *preparation) addAttributes(ctx context.Context) error {
	found, err := p.connection.OperatorService().ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: p.name})
	if err != nil {
		return fmt.Errorf("list its search attributes: %w", err)
	}
	missing, names, err := compare(found.GetCustomAttributes())
	if err != nil || len(names) == 0 {
		return err
	}
	_, err = p.connection.OperatorService().AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{
		Namespace: p.name, SearchAttributes: missing,
	})
	if err != nil {
		return fmt.Errorf("add the search attributes %s: %w", strings.Join(names, ", "), err)
	}
	for _, name := range names {
		// A second look may come before the first addition is seen.
		if !slices.Contains(p.changes.Added, name) {
			p.changes.Added = append(p.changes.Added, name)
		}
	}
	return nil
}

// compare returns what is missing, by name and in the order of the list. Its
// error names every attribute that has another type.
func compare(found types) (missing types, names []string, err error) {
	missing = types{}
	var wrong []string
	for _, key := range kit.SearchAttributes() {
		name, want := key.GetName(), key.GetValueType()
		has, there := found[name]
		switch {
		case !there:
			missing[name], names = want, append(names, name)
		case has != want:
			wrong = append(wrong, fmt.Sprintf("search attribute %s has type %s, want %s", name, has, want))
		}
	}
	if len(wrong) > 0 {
		return nil, nil, fmt.Errorf("%s: the namespace is another program's; set TEMPORAL_NAMESPACE to one of its own", strings.Join(wrong, "; "))
	}
	return missing, names, nil
}

// use asks a question that needs every attribute.
func (p *preparation) use(ctx context.Context) error {
	var parts []string
	for _, key := range kit.SearchAttributes() {
		parts = append(parts, key.GetName()+" IS NOT NULL")
	}
	_, err := p.connection.WorkflowService().CountWorkflowExecutions(ctx, &workflowservice.CountWorkflowExecutionsRequest{
		Namespace: p.name, Query: strings.Join(parts, " OR "),
	})
	var unknown *serviceerror.InvalidArgument
	if errors.As(err, &unknown) {
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	if err != nil {
		return fmt.Errorf("count its workflows: %w", err)
	}
	return nil
}
