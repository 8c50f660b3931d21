package dev

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/oklog/ulid/v2"
	"go.temporal.io/sdk/client"

	"guestjourney/activities/directory"
	"guestjourney/activities/options"
	"guestjourney/activities/programs/catalogue"
	"guestjourney/activities/timetable/zonedata"
	"guestjourney/internal/identity"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

// headStart is how long after the intake the guest arrives: time for screening,
// clearance, offer, deposit and balance on a slow machine.
const headStart = 32 * time.Second

// example is one journey of the example program, and its guest.
type example struct {
	id    string // journey/<short>
	short string
	lead  directory.Lead
	phone string // canonical, as the messages are addressed
	zone  *time.Location
	run   client.WorkflowRun
}

// newExample reads the lead and the program. Every run is a guest of its own,
// with an address and a number of their own, on the data of all runs before.
func newExample(s settings, scenario scenario) (*example, error) {
	lead, err := readLead(filepath.Join(s.Examples, scenario.Lead))
	if err != nil {
		return nil, err
	}
	known, err := catalogue.Open(s.Programs)
	if err != nil {
		return nil, err
	}
	program, err := known.Load(context.Background(), scenario.Program)
	if err != nil {
		return nil, err
	}
	zone, err := zonedata.Load(program.Program.Zone)
	if err != nil {
		return nil, err
	}
	short := strings.ToLower(ulid.Make().String())
	if err := makeUnique(&lead, short); err != nil {
		return nil, err
	}
	phone, err := identity.Phone(lead.Region, lead.Phone)
	if err != nil {
		return nil, fmt.Errorf("the example's lead: %w", err)
	}
	return &example{id: "journey/" + short, short: short, lead: lead, phone: phone, zone: zone}, nil
}

func readLead(path string) (directory.Lead, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return directory.Lead{}, fmt.Errorf("the example's lead: %w", err)
	}
	lead, err := kit.DecodeJSON[directory.Lead](data)
	if err != nil {
		return lead, fmt.Errorf("the example's lead, %s: %w", path, err)
	}
	if !strings.Contains(lead.Email, "@") || lead.Phone == "" {
		return lead, fmt.Errorf("the example's lead, %s: needs an e-mail address and a phone, to show both", path)
	}
	return lead, nil
}

// makeUnique gives the lead a plus address and another end of the number.
func makeUnique(lead *directory.Lead, suffix string) error {
	name, domain, _ := strings.Cut(lead.Email, "@")
	lead.Email = name + "+" + suffix + "@" + domain
	const end = 7
	if len(lead.Phone) <= end {
		return fmt.Errorf("the example's lead: its phone is too short")
	}
	number, err := rand.Int(rand.Reader, big.NewInt(9_000_000))
	if err != nil {
		return fmt.Errorf("the example's number: %w", err)
	}
	digits := strings.Join(strings.FieldsFunc(lead.Phone, func(r rune) bool { return strings.ContainsRune(" ()-.", r) }), "")
	lead.Phone = digits[:len(digits)-end] + fmt.Sprint(1_000_000+number.Int64())
	return nil
}

// start begins the journey.
func (e *example) start(ctx context.Context, temporal client.Client, program string) error {
	input := journey.Input{Lead: e.lead, Program: program, Test: true}
	run, err := temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: e.id, TaskQueue: options.QueueJourneys}, journey.Type, input)
	if err != nil {
		return fmt.Errorf("start %s: %w", e.id, err)
	}
	e.run = run
	return nil
}

// uiLink opens the journey in the Temporal UI.
func (e *example) uiLink(s settings) string {
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", s.url(s.UIPort), namespace, strings.ReplaceAll(e.id, "/", "%2F"), e.run.GetRunID())
}
