package register_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"guestjourney/activities/directory"
	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/internal/identity"
	"guestjourney/internal/register"
	"guestjourney/workflows/kit"
	"guestjourney/workflows/profile"
)

var key = []byte(strings.Repeat("k", 32))

// TestRegister runs everything on one real server with the real claims and
// profiles.
func TestRegister(t *testing.T) {
	start(t)
	for name, test := range map[string]func(*testing.T){
		"ANewGuestOwnsBothAddresses":                         testANewGuestOwnsBothAddresses,
		"AGuestWhoComesBackKeepsTheirReference":              testAGuestWhoComesBackKeepsTheirReference,
		"AddressesOfTwoGuestsAreAConflictAndNothingIsMerged": testAddressesOfTwoGuestsAreAConflictAndNothingIsMerged,
		"ClosedChannelsAreAnswered":                          testClosedChannelsAreAnswered,
		"ARepeatIsTheSameClaim":                              testARepeatIsTheSameClaim,
		"OneOfTwoRacingGuestsOwnsTheAddress":                 testOneOfTwoRacingGuestsOwnsTheAddress,
		"WrongLeadsAreNamedWithoutTheirAddress":              testWrongLeadsAreNamedWithoutTheirAddress,
		"EnqueueIsOneSignalHoweverOften":                     testEnqueueIsOneSignalHoweverOften,
		"ALeadOfAGuestOnTheWayStartsNoSecondJourney":         testALeadOfAGuestOnTheWayStartsNoSecondJourney,
		"EnqueueWantsTheStartsClaim":                         testEnqueueWantsTheStartsClaim,
		"TemporalOutOfReachIsTriedAgain":                     testTemporalOutOfReachIsTriedAgain,
	} {
		t.Run(name, test)
	}
}

// guests counts the tests' guests, so that each has addresses of its own.
var guests = newCounter()

// lead is a new guest's request; each test changes what it is about.
func lead(t *testing.T) directory.ClaimRequest {
	t.Helper()
	n := guests()
	ref := fmt.Sprintf("g%04d", n)
	return directory.ClaimRequest{
		JourneyID: "journey/" + ref, GuestRef: ref, ProgramCode: "retreat-7d", Locale: "es", Region: "MX",
		Email: fmt.Sprintf("guest%d@example.com", n), Phone: fmt.Sprintf("55 1234 %04d", n),
	}
}

func effect(request directory.ClaimRequest) options.Effect {
	return options.Effect{Key: request.JourneyID + "/0123456789ab/claim/0", Since: time.Now()}
}

func claim(t *testing.T, request directory.ClaimRequest) directory.Claimed {
	t.Helper()
	claimed, err := register.New(temporal, key).Claim(t.Context(), effect(request), request)
	require.NoError(t, err)
	return claimed
}

func profileOf(t *testing.T, guest string) profile.Overview {
	t.Helper()
	value, err := temporal.QueryWorkflow(t.Context(), "guest/"+guest, "", kit.QueryStatus)
	require.NoError(t, err)
	var overview profile.Overview
	require.NoError(t, value.Get(&overview))
	return overview
}

func journeys(overview profile.Overview) []string {
	var ids []string
	for _, open := range overview.Journeys {
		ids = append(ids, open.JourneyID)
	}
	return ids
}

// text signals an inbound text to a profile, as the phone's claim would.
func text(t *testing.T, guest, body string) {
	t.Helper()
	fact := kit.Fact{ID: body + guest, Provider: "twilio", Type: "message_in", OccurredAt: time.Now(), Data: map[string]string{"body": body, "optOutType": body}}
	require.NoError(t, temporal.SignalWorkflow(t.Context(), "guest/"+guest, "", kit.SignalMessageIn, fact))
}

func testANewGuestOwnsBothAddresses(t *testing.T) {
	request := lead(t)
	claimed := claim(t, request)
	assert.Equal(t, request.GuestRef, claimed.GuestRef)
	assert.False(t, claimed.Conflict)
	assert.Empty(t, claimed.OptedOut)
	assert.Equal(t, request.Email, claimed.Email)
	assert.Regexp(t, `^\+52551234[0-9]{4}$`, claimed.Phone)
	assert.Equal(t, []string{request.JourneyID}, journeys(profileOf(t, request.GuestRef)))
}

func testAGuestWhoComesBackKeepsTheirReference(t *testing.T) {
	first := lead(t)
	claim(t, first)
	for name, change := range map[string]func(*directory.ClaimRequest){
		"both, spelt otherwise": func(r *directory.ClaimRequest) {
			r.Email, r.Phone, r.Region = " "+strings.ToUpper(first.Email), "+52 1 "+first.Phone, ""
		},
		"e-mail only": func(r *directory.ClaimRequest) { r.Email, r.Phone = first.Email, "" },
		"phone only":  func(r *directory.ClaimRequest) { r.Email, r.Phone = "", first.Phone },
	} {
		t.Run(name, func(t *testing.T) {
			again := lead(t)
			change(&again)
			claimed := claim(t, again)
			assert.Equal(t, first.GuestRef, claimed.GuestRef)
			assert.False(t, claimed.Conflict)
			assert.Contains(t, journeys(profileOf(t, first.GuestRef)), again.JourneyID)
		})
	}
}

func testAddressesOfTwoGuestsAreAConflictAndNothingIsMerged(t *testing.T) {
	ana, bo := lead(t), lead(t)
	claim(t, ana)
	claim(t, bo)

	mixed := lead(t)
	mixed.Email, mixed.Phone = ana.Email, bo.Phone
	claimed := claim(t, mixed)

	assert.True(t, claimed.Conflict)
	assert.Equal(t, ana.GuestRef, claimed.GuestRef, "the e-mail's guest is taken")
	assert.Contains(t, journeys(profileOf(t, ana.GuestRef)), mixed.JourneyID)
	assert.Contains(t, journeys(profileOf(t, bo.GuestRef)), mixed.JourneyID, "a STOP from this phone must reach the journey")

	alone := lead(t)
	alone.Email, alone.Phone = "", bo.Phone
	assert.Equal(t, bo.GuestRef, claim(t, alone).GuestRef, "the phone still belongs to its guest")
}

func testClosedChannelsAreAnswered(t *testing.T) {
	request := lead(t)
	claim(t, request)
	text(t, request.GuestRef, "STOP")

	again := lead(t)
	again.Email, again.Phone = request.Email, request.Phone
	assert.Equal(t, []string{"sms"}, claim(t, again).OptedOut)

	mixed := lead(t) // a new guest with the closed phone
	mixed.Phone = request.Phone
	claimed := claim(t, mixed)
	assert.True(t, claimed.Conflict)
	assert.Equal(t, []string{"sms"}, claimed.OptedOut, "the phone is closed, whoever uses it")
}

func testARepeatIsTheSameClaim(t *testing.T) {
	request := lead(t)
	first := claim(t, request)
	for range 3 {
		assert.Equal(t, first, claim(t, request))
	}
	assert.Len(t, profileOf(t, request.GuestRef).Journeys, 1)
	id := identity.ClaimID(key, identity.KindEmail, request.Email)
	assert.Equal(t, 1, updatesOf(t, id), "the same update ID is one update")
}

func testOneOfTwoRacingGuestsOwnsTheAddress(t *testing.T) {
	const racers = 8
	requests := make([]directory.ClaimRequest, racers)
	shared := lead(t)
	for i := range requests {
		requests[i] = lead(t)
		requests[i].Email, requests[i].Phone = shared.Email, shared.Phone
	}
	owners, failed := make([]string, racers), make([]error, racers)
	var racing sync.WaitGroup
	for i, request := range requests {
		racing.Go(func() {
			claimed, err := register.New(temporal, key).Claim(t.Context(), effect(request), request)
			owners[i], failed[i] = claimed.GuestRef, err
		})
	}
	racing.Wait()
	require.NoError(t, errors.Join(failed...))
	for _, owner := range owners {
		assert.Equal(t, owners[0], owner)
	}
	assert.Len(t, profileOf(t, owners[0]).Journeys, racers)
}

func testWrongLeadsAreNamedWithoutTheirAddress(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*directory.ClaimRequest)
		wants  []string
	}{
		"nothing":         {func(r *directory.ClaimRequest) { r.Email, r.Phone = "", "" }, []string{"lead: needs email or phone"}},
		"both wrong":      {func(r *directory.ClaimRequest) { r.Email, r.Phone = "canary.example.com", "canary 12" }, []string{"lead.email:", "lead.phone:"}},
		"no guest":        {func(r *directory.ClaimRequest) { r.GuestRef = "" }, []string{"guestRef"}},
		"number, no area": {func(r *directory.ClaimRequest) { r.Region = "" }, []string{"lead.phone:"}},
	} {
		t.Run(name, func(t *testing.T) {
			request := lead(t)
			test.change(&request)
			_, err := register.New(temporal, key).Claim(t.Context(), effect(request), request)
			var known *failure.Error
			require.True(t, errors.As(err, &known))
			assert.Equal(t, failure.InvalidInput, known.Class)
			for _, want := range test.wants {
				assert.Contains(t, err.Error(), want)
			}
			assert.NotContains(t, err.Error(), "canary")
			assert.NotContains(t, err.Error(), "55 1234")
		})
	}
}

func testEnqueueIsOneSignalHoweverOften(t *testing.T) {
	n := guests()
	request := directory.StartRequest{
		StartsClaim: fmt.Sprintf("claim/hubspot/%d/starts", n), ContactID: fmt.Sprintf("claim/hubspot/%d/contact/7", n),
		JourneyID: fmt.Sprintf("journey/enqueued%d", n), Program: "retreat-7d", PerHour: 5, Lead: directory.Lead{Email: "ana@example.com"},
	}
	same, another := options.Effect{Key: request.ContactID + "/0123456789ab/enqueue/0"}, options.Effect{Key: "another"}
	for _, effect := range []options.Effect{same, same, same, another} {
		_, err := register.New(temporal, key).Enqueue(t.Context(), effect, request)
		require.NoError(t, err)
	}
	// Signals enter history in their order: once the last is there, all are.
	require.Eventually(t, func() bool { return signalsOf(t, request.StartsClaim) >= 2 }, 30*time.Second, 20*time.Millisecond)
	assert.Equal(t, 2, signalsOf(t, request.StartsClaim), "one for each effect")
}

func testALeadOfAGuestOnTheWayStartsNoSecondJourney(t *testing.T) {
	ana, bo := lead(t), lead(t)
	claim(t, ana)
	claim(t, bo)
	for name, test := range map[string]struct {
		lead    directory.Lead
		program string
		want    string
	}{
		"the same program":           {directory.Lead{Email: strings.ToUpper(ana.Email)}, "retreat-7d", ana.JourneyID},
		"by phone, spelt otherwise":  {directory.Lead{Phone: "+52 1 " + ana.Phone}, "retreat-7d", ana.JourneyID},
		"one known, one new address": {directory.Lead{Email: "new-" + ana.Email, Phone: ana.Phone, Region: "MX"}, "retreat-7d", ana.JourneyID},
		"another program":            {directory.Lead{Email: ana.Email}, "detox-7d", ""},
		"a stranger":                 {directory.Lead{Email: "stranger-" + ana.Email}, "retreat-7d", ""},
		"addresses of two guests":    {directory.Lead{Email: ana.Email, Phone: bo.Phone, Region: "MX"}, "retreat-7d", ""},
		"an address that is not one": {directory.Lead{Email: "nobody"}, "retreat-7d", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n := guests()
			request := directory.StartRequest{
				StartsClaim: fmt.Sprintf("claim/hubspot/%d/starts", n), ContactID: fmt.Sprintf("claim/hubspot/%d/contact/7", n),
				JourneyID: fmt.Sprintf("journey/again%d", n), Program: test.program, PerHour: 5, Lead: test.lead,
			}
			queued, err := register.New(temporal, key).Enqueue(t.Context(), options.Effect{Key: request.ContactID + "/enqueue"}, request)
			require.NoError(t, err)
			assert.Equal(t, test.want, queued.AttachedTo)
			_, err = temporal.DescribeWorkflowExecution(t.Context(), request.StartsClaim, "")
			assert.Equal(t, test.want == "", err == nil, "it is queued if, and only if, it attaches to nothing")
		})
	}
}

func testEnqueueWantsTheStartsClaim(t *testing.T) {
	for _, id := range []string{"", "claim/hubspot/1/contact/2", "claim/phone/1/starts", "claim/hubspot//starts"} {
		_, err := register.New(temporal, key).Enqueue(t.Context(), options.Effect{Key: "k"}, directory.StartRequest{StartsClaim: id})
		require.ErrorContains(t, err, "startsClaim", id)
	}
}

func testTemporalOutOfReachIsTriedAgain(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request := lead(t)
	_, err := register.New(temporal, key).Claim(ctx, effect(request), request)
	var known *failure.Error
	require.True(t, errors.As(err, &known))
	assert.True(t, known.Class.Retryable(), known.Class)
}

func updatesOf(t *testing.T, id string) int {
	t.Helper()
	return countEvents(t, id, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED)
}

func signalsOf(t *testing.T, id string) int {
	t.Helper()
	return countEvents(t, id, enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED)
}

func countEvents(t *testing.T, id string, kind enumspb.EventType) int {
	t.Helper()
	history, count := temporal.GetWorkflowHistory(t.Context(), id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT), 0
	for history.HasNext() {
		event, err := history.Next()
		require.NoError(t, err)
		if event.GetEventType() == kind {
			count++
		}
	}
	return count
}
