package staffpage

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"guestjourney/internal/staff"
	"guestjourney/workflows/kit"
)

// commandTime is how long a command may take. The person is at the screen, and
// must know soon that nobody has heard.
const commandTime = 5 * time.Second

// reason is the one that the SessionMonitor keeps with a command.
const reason = "live view"

// commandRoles say as what the SessionMonitor sees a role of the staff file, the
// one that counts most first.
var commandRoles = []struct {
	role string
	of   []string
}{
	{kit.RoleClinician, []string{staff.Physician, "nurse", "clinician", "paramedic"}},
	{kit.RoleManager, []string{"manager"}},
	{kit.RoleOperator, []string{"operator"}},
	{kit.RoleEngineer, []string{"engineer", "technician"}},
}

// roleOf is empty for a person who may look and give no command.
func roleOf(roles []string) string {
	for _, known := range commandRoles {
		for _, role := range known.of {
			if slices.Contains(roles, role) {
				return known.role
			}
		}
	}
	return ""
}

// told is how a command ended, in words for the person who gave it.
type told struct {
	status int
	text   string
}

// command carries out what a button says. A script gets the outcome as JSON; a
// browser without it goes back to the page, which tells it.
func (p *Page) command(w http.ResponseWriter, r *http.Request, who visitor) {
	ended := p.carryOut(r.Context(), r.PostFormValue("order"), who)
	if !strings.Contains(r.Header.Get("Accept"), "application/json") {
		p.signIns.say(who.id, ended.text)
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(ended.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"text": ended.text}) // who has gone hears nothing
}

func (p *Page) carryOut(ctx context.Context, text string, who visitor) told {
	wanted, err := parseOrder(text)
	if err != nil {
		return told{http.StatusBadRequest, "Not done: " + err.Error() + "."}
	}
	role := roleOf(who.roles)
	if role == "" {
		return told{http.StatusForbidden, "Not done: your roles in the staff file allow no commands."}
	}
	input, err := wanted.input(kit.Envelope{Actor: who.code, Role: role, Reason: reason})
	if err != nil {
		return told{http.StatusBadRequest, "Not done: " + err.Error() + "."}
	}
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	outcome, err := p.config.Monitors.Update(ctx, wanted.session, wanted.id(who.code), wanted.name, input)
	p.hub.look(wanted.session)
	p.log(wanted, who, err)
	return tell(outcome, err)
}

// log names the alarm by its transition only.
func (p *Page) log(wanted given, who visitor, err error) {
	result := "done"
	var refusal *Refusal
	switch {
	case errors.As(err, &refusal):
		result = "refused" // the reason is for the person
	case err != nil:
		result = err.Error()
	}
	p.config.Logger.Info("command of the live view", "command", wanted.name, "session", wanted.session, "transition", wanted.number,
		"person", who.code, "result", result)
}

func tell(outcome kit.Outcome, err error) told {
	var refusal *Refusal
	switch {
	case err == nil:
		return told{http.StatusOK, "Done: " + outcome.Detail + "."}
	case errors.As(err, &refusal):
		return told{http.StatusConflict, "Not done: " + refusal.Reason + "."}
	case errors.Is(err, ErrNoMonitor):
		return told{http.StatusConflict, "Not done: " + ErrNoMonitor.Error() + ". Pages cannot be acknowledged; go to the room."}
	}
	return told{http.StatusServiceUnavailable,
		"It is not known whether this was done: the control plane does not answer. Go to the room; try again here."}
}
