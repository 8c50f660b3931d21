package kit

import (
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"
)

// Roles says who may give which command. A command that is not in the table is
// open to every role.
type Roles map[string][]string

// Restrict sets the workflow's table of roles; call it before any command is
// offered.
func (c *Core) Restrict(roles Roles) { c.roles = roles }

// offered is one command with what its state must be like.
type offered struct {
	command string
	gate    func() error
}

// OnCommand is OnUpdate for a command of an operator. Role and gate are looked
// at before the input, and AllowedCommands looks at the same two: gate says in
// one sentence why the command makes no sense now, whatever its input.
func OnCommand[T headed](ctx workflow.Context, c *Core, update, description string, gate func() error, check func(T) error, apply func(id string, command T) Verdict) {
	offer := offered{command: update, gate: gate}
	c.offers = append(c.offers, offer)
	OnUpdate(ctx, c, update, description, func(command T) error {
		if err := c.admits(offer, command.Head().Role); err != nil {
			return err
		}
		return check(command)
	}, apply)
}

func (c *Core) admits(offer offered, role string) error {
	if may, limited := c.roles[offer.command]; limited && !slices.Contains(may, role) {
		return fmt.Errorf("role: this command needs %s, not %s", strings.Join(may, " or "), role)
	}
	return offer.gate()
}

// Allowed is one command as an operator may ask about it.
type Allowed struct {
	Command string `json:"command"`
	Allowed bool   `json:"allowed"`
	// Reason says why not.
	Reason string `json:"reason,omitempty"`
	// Roles are those that may give it; empty means every role.
	Roles []string `json:"roles,omitempty"`
}

// AskAllowed is the input of the query "allowed_commands".
type AskAllowed struct {
	// Role is who asks; empty looks at the state alone.
	Role string `json:"role,omitempty"`
}

// OfferAllowed offers the query "allowed_commands".
func OfferAllowed(ctx workflow.Context, c *Core) {
	OnQueryWith(ctx, QueryAllowed, "Every command, and why one is not allowed now.", c.allowed)
}

func (c *Core) allowed(ask AskAllowed) ([]Allowed, error) {
	if ask.Role != "" && !slices.Contains(knownRoles, ask.Role) {
		return nil, fmt.Errorf("role: want %s", quoted(knownRoles))
	}
	list := make([]Allowed, 0, len(c.offers))
	for _, offer := range c.offers {
		err := offer.gate()
		if ask.Role != "" {
			err = c.admits(offer, ask.Role)
		}
		answer := Allowed{Command: offer.command, Allowed: err == nil, Roles: c.roles[offer.command]}
		if err != nil {
			answer.Reason = err.Error()
		}
		list = append(list, answer)
	}
	return list, nil
}

// Anytime is the gate of a command that makes sense in every state.
func Anytime() error { return nil }

// knownRoles are the roles of an envelope.
var knownRoles = []string{RoleOperator, RoleManager, RoleClinician, RoleEngineer}

// quoted is a list in words: "a", "b" or "c".
func quoted(words []string) string {
	var marked []string
	for _, word := range words {
		marked = append(marked, fmt.Sprintf("%q", word))
	}
	last := len(marked) - 1
	return strings.Join(marked[:last], ", ") + " or " + marked[last]
}
