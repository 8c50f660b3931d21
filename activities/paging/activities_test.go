package paging_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/testsuite"

	"guestjourney/activities/failure"
	"guestjourney/activities/options"
	"guestjourney/activities/paging"
)

// rota is one person with two ways to her.
type rota struct{}

func (rota) Ladder(at time.Time) paging.Ladder {
	return paging.Ladder{Rungs: []paging.Rung{{Contacts: []paging.Contact{{Person: "p-" + at.Format("15"), Channels: []paging.Channel{paging.SMS}}}}}}
}

func (rota) Route(person string, channel paging.Channel) (string, bool) {
	return "+14155550134", person == "p-ana" && channel != paging.Voice
}

// pager keeps what it is given; the provider's answer is not the subject here.
type pager struct {
	notices []paging.Notice
	err     error
}

func (p *pager) Page(_ context.Context, _ options.Effect, notice paging.Notice) (paging.Receipt, error) {
	p.notices = append(p.notices, notice)
	return paging.Receipt{ID: "SM1", HandedAt: time.Now()}, p.err
}

func environment(out *pager) *testsuite.TestActivityEnvironment {
	env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
	env.RegisterActivityWithOptions(&paging.Activities{Rota: rota{}, Pagers: map[paging.Channel]paging.Pager{paging.SMS: out}}, activity.RegisterOptions{Name: paging.Prefix})
	return env
}

func page(change func(*paging.Page)) options.Command[paging.Page] {
	command := options.Command[paging.Page]{
		Effect:  options.Effect{Key: "session/s1/0123456789ab/page/1", FirstTry: true},
		Request: paging.Page{Session: "session/s1", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: "session/s1/7", Person: "p-ana", Channel: paging.SMS},
	}
	if change != nil {
		change(&command.Request)
	}
	return command
}

func TestTheRouteIsReadInTheActivity(t *testing.T) {
	for key, want := range map[string]string{"session/s1/7": "session/s1/7", "": "session/s1/0123456789ab/page/1"} {
		out := &pager{}
		encoded, err := environment(out).ExecuteActivity("paging.Page", page(func(p *paging.Page) { p.Key = key }))
		require.NoError(t, err)
		var receipt paging.Receipt
		require.NoError(t, encoded.Get(&receipt))
		assert.Equal(t, "SM1", receipt.ID)
		assert.False(t, receipt.HandedAt.IsZero())
		assert.Equal(t, []paging.Notice{{
			Session: "session/s1", Room: "3", Priority: "HIGH", Code: "HR-LOW", Key: want, To: "+14155550134", Channel: paging.SMS,
		}}, out.notices)
	}
}

func TestWhoIsNotReachedIsAnAnswer(t *testing.T) {
	for reason, change := range map[string]func(*paging.Page){
		paging.NoRoute:   func(p *paging.Page) { p.Person = "p-gone" },
		paging.NoChannel: func(p *paging.Page) { p.Channel = paging.Email },
	} {
		out := &pager{}
		encoded, err := environment(out).ExecuteActivity("paging.Page", page(change))
		require.NoError(t, err)
		var receipt paging.Receipt
		require.NoError(t, encoded.Get(&receipt))
		assert.Equal(t, paging.Receipt{Undeliverable: true, Reason: reason}, receipt)
		assert.Empty(t, out.notices)
	}
}

func TestAFailureKeepsItsClass(t *testing.T) {
	out := &pager{err: &failure.Error{Provider: "twilio", Operation: "messages.create", Class: failure.Permanent, Status: 401}}
	_, err := environment(out).ExecuteActivity("paging.Page", page(nil))
	require.Equal(t, failure.Permanent, failure.ClassOf(err))
	out.err = errors.New("something with +14155550134 in it")
	_, err = environment(out).ExecuteActivity("paging.Page", page(nil))
	require.NotContains(t, err.Error(), "4155550134")
}

func TestTheLadderIsThatOfTheInstant(t *testing.T) {
	encoded, err := environment(&pager{}).ExecuteActivity("paging.Ladder", paging.LadderRequest{At: time.Date(2027, 3, 2, 19, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	var ladder paging.Ladder
	require.NoError(t, encoded.Get(&ladder))
	require.Equal(t, "p-19", ladder.Rungs[0].Contacts[0].Person)
}
