package journey

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// AddNote is the input of the update "note".
type AddNote struct {
	kit.Envelope
	Text string `json:"text"` // at most 2,000 bytes
}

// Bounds of the notes: they travel with the state.
const (
	maxNote  = 2000
	maxNotes = 50
)

func (j *journey) offerNote(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateNote, "Keep a note with the journey; the last 50 are kept. It also says that who wanted a call was called back.",
		j.open,
		func(command AddNote) error {
			if command.Text == "" || len(command.Text) > maxNote {
				return fmt.Errorf("text: want 1 to %d bytes", maxNote)
			}
			return nil
		},
		func(_ string, command AddNote) kit.Verdict {
			j.state.Notes = append(j.state.Notes, OperatorNote{At: workflow.Now(ctx).UTC(), Actor: command.Actor, Text: command.Text})
			if extra := len(j.state.Notes) - maxNotes; extra > 0 {
				j.state.Notes = append([]OperatorNote(nil), j.state.Notes[extra:]...)
			}
			j.core.Settle(attentionCallBack)
			j.core.Note(ctx, "command", "note by "+command.Actor)
			return kit.Verdict{Detail: "kept"}
		})
}
