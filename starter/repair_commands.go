package main

import (
	"fmt"
	"slices"

	"guestjourney/workflows/appointment"
	"guestjourney/workflows/inbox"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/payment"
	monitor "guestjourney/workflows/session"
)

// What is suggested here is offered by the workflow's type: a command that it does
// not know costs whoever repairs more than none.

// parkedCommands help with a parked step. Every type that makes steps offers them.
func parkedCommands(id, step string) []string {
	return []string{
		fmt.Sprintf(`starter update %s %s --actor <you> --role engineer --reason <why> -d '{"step":%q}'`, id, kit.UpdateRetryStep, step),
		"starter timeline " + id + " --kind step   # the reason",
	}
}

// whyCommand asks a workflow why it does not go on.
func whyCommand(workflowType, id string) string {
	if slices.Contains([]string{journey.Type, inbox.Type}, workflowType) {
		return "starter explain " + id
	}
	return "starter status " + id
}

// unroutedCommands help with an event that no workflow has taken.
func unroutedCommands(id string) []string {
	return []string{
		fmt.Sprintf(`starter update %s %s --actor <you> --role operator --reason <why> -d '{"target":"<workflow ID>"}'`, id, inbox.UpdateRoute),
		fmt.Sprintf("starter update %s %s --actor <you> --role operator --reason <why>   # its workflow has been started", id, inbox.UpdateRetry),
		fmt.Sprintf("starter update %s %s --actor <you> --role operator --reason <why>   # nobody gets the fact", id, inbox.UpdateDiscard),
		"starter status " + id + "   # what it is about",
	}
}

// endings end what was begun for another workflow and is of no use without it. The
// types that are missing live lives of their own.
var endings = map[string]string{
	payment.Type:     kit.UpdateCancel + ` --actor <you> --role manager --reason <why> -d '{"by":"property"}'`,
	appointment.Type: kit.UpdateCancel + ` --actor <you> --role manager --reason <why> -d '{"by":"property"}'`,
	monitor.Type:     monitor.UpdateEnd + ` --actor <you> --role manager --reason <why>`,
}

func endCommand(workflowType, id string) string {
	return fmt.Sprintf("starter update %s %s   # only if it must not go on", id, endings[workflowType])
}
