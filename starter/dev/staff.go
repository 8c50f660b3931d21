package dev

import (
	"context"
	"fmt"
	"time"

	"go.temporal.io/sdk/client"

	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// staff are the people of the house: a clinician who decides, and the front desk
// that sees the guest come. They command by updates, as they would from the
// Temporal UI.
type staff struct {
	example  *example
	temporal client.Client
	screen   *screen
	thinks   time.Duration
}

// order is one command of one of them.
type order struct {
	stage, doing, update string
	fields               func(journey.Overview) map[string]any
}

func (s *staff) play(ctx context.Context) error {
	for _, wanted := range []order{
		{journey.StageClearance, "the clinician reads the questionnaire and clears the guest", journey.UpdateApproveClearance,
			func(view journey.Overview) map[string]any {
				return map[string]any{
					"actor": "dr-example", "role": "clinician", "reason": "nothing speaks against it",
					"decision": "cleared", "validUntil": view.Departure, "evidenceRef": "example-task",
				}
			}},
		{journey.StageInProgram, "the front desk sees the guest arrive", journey.UpdateMarkAttendance,
			func(journey.Overview) map[string]any {
				return map[string]any{"actor": "desk-example", "role": "operator", "reason": "checked in", "mark": "attended", "source": "front_desk"}
			}},
	} {
		view, err := s.waitStage(ctx, wanted.stage)
		if err != nil {
			return err
		}
		if err := pause(ctx, s.thinks); err != nil {
			return err
		}
		s.screen.line("staff", "%s (%s)", wanted.doing, wanted.update)
		if err := s.command(ctx, wanted.update, wanted.fields(view)); err != nil {
			return err
		}
	}
	return nil
}

func (s *staff) waitStage(ctx context.Context, stage string) (journey.Overview, error) {
	for {
		var view journey.Overview
		value, err := s.temporal.QueryWorkflow(ctx, s.example.id, "", kit.QueryStatus)
		if err == nil {
			err = value.Get(&view)
		}
		if err == nil && view.Stage == stage {
			return view, nil
		}
		if err := pause(ctx, pollEvery); err != nil {
			return view, fmt.Errorf("the staff waits for stage %s: %w", stage, err)
		}
	}
}

func (s *staff) command(ctx context.Context, name string, fields map[string]any) error {
	handle, err := s.temporal.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: s.example.id, UpdateName: name, Args: []any{fields}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err == nil {
		err = handle.Get(ctx, nil)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
