package journey

import (
	"fmt"
	"slices"

	"go.temporal.io/sdk/workflow"

	"guestjourney/workflows/kit"
)

// Channel is the input of the updates "opt_out" and "opt_in".
type Channel struct {
	kit.Envelope
	Channel string `json:"channel"` // "sms" or "email"
	// Purpose is kept with the command; a channel is open for all purposes, or
	// for none.
	Purpose string `json:"purpose,omitempty"`
	Source  string `json:"source"` // a code: "telephone", "letter", "front_desk"
	// Proof says where the guest's consent is documented; opt_in needs it.
	Proof string `json:"proof,omitempty"`
}

func (j *journey) offerChannels(ctx workflow.Context) {
	kit.OnCommand(ctx, j.core, UpdateOptOut, "Close a channel, here and in every journey of the guest.",
		j.mayOptOut, j.checkOptOut,
		func(_ string, command Channel) kit.Verdict {
			j.refuseChannel(command.Channel)
			j.core.Note(ctx, "command", command.words("closed"))
			return kit.Verdict{Detail: command.Channel + " is closed"}
		})
	kit.OnCommand(ctx, j.core, UpdateOptIn, "Open a channel again, here and in every journey of the guest.",
		j.mayOptIn, j.checkOptIn,
		func(_ string, command Channel) kit.Verdict {
			j.openChannel(command.Channel)
			j.core.Note(ctx, "command", command.words("opened"))
			return kit.Verdict{Detail: command.Channel + " is open"}
		})
}

var channels = []string{"email", "sms"}

func (j *journey) mayOptOut() error {
	if err := j.open(); err != nil {
		return err
	}
	if !slices.ContainsFunc(channels, func(channel string) bool { return !slices.Contains(j.state.OptedOut, channel) }) {
		return fmt.Errorf("every channel is closed already")
	}
	return nil
}

func (j *journey) mayOptIn() error {
	if err := j.open(); err != nil {
		return err
	}
	if len(j.state.OptedOut) == 0 {
		return fmt.Errorf("no channel is closed")
	}
	return nil
}

func (j *journey) checkOptOut(command Channel) error {
	if err := command.check(); err != nil {
		return err
	}
	if slices.Contains(j.state.OptedOut, command.Channel) {
		return fmt.Errorf("channel: %s is closed already", command.Channel)
	}
	if command.Proof != "" {
		return fmt.Errorf("proof: only opt_in has one")
	}
	return nil
}

func (j *journey) checkOptIn(command Channel) error {
	if err := command.check(); err != nil {
		return err
	}
	if !slices.Contains(j.state.OptedOut, command.Channel) {
		return fmt.Errorf("channel: %s is open already", command.Channel)
	}
	return checkCode("proof", command.Proof)
}

func (c Channel) check() error {
	if !slices.Contains(channels, c.Channel) {
		return fmt.Errorf(`channel: want "sms" or "email"`)
	}
	if c.Purpose != "" {
		if err := checkCode("purpose", c.Purpose); err != nil {
			return err
		}
	}
	return checkCode("source", c.Source)
}

func (c Channel) words(what string) string {
	text := fmt.Sprintf("%s %s, source %s", c.Channel, what, c.Source)
	if c.Purpose != "" {
		text += ", purpose " + c.Purpose
	}
	if c.Proof != "" {
		text += ", proof " + c.Proof
	}
	return text
}

// openChannel is the opposite of refuseChannel.
func (j *journey) openChannel(channel string) {
	same := func(c string) bool { return c == channel }
	j.state.OptedOut = slices.DeleteFunc(j.state.OptedOut, same)
	j.state.Unreachable = slices.DeleteFunc(j.state.Unreachable, same)
	j.core.Settle(channel + "_unreachable")
	j.ask(Chore{Kind: "contact"})
	j.ask(Chore{Kind: "profile", Channel: channel, Opened: true})
}
