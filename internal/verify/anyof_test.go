package verify_test

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/verify"
)

// vapi is the three schemes of Vapi, each with a secret or without.
func vapi(t *testing.T, mac, standard, legacy []string) verify.Verifier {
	return verify.AnyOf(
		must[*verify.HMAC](t)(verify.NewVapi(mac...)),
		must[*verify.HMAC](t)(verify.NewStandard(standard...)),
		must[*verify.Token](t)(verify.NewToken(verify.VapiSecretHeader, legacy...)),
	)
}

// merged is one message with the headers of several.
func merged(messages ...verify.Message) verify.Message {
	all := sampleMessage()
	all.Header = headers()
	for _, message := range messages {
		for name, values := range message.Header {
			all.Header[name] = values
		}
	}
	return all
}

func TestAnyOf(t *testing.T) {
	standardSecret := senders["standard"].secret()
	mac, wrongMAC := signed(senders["vapi"], "right", now), signed(senders["vapi"], "wrong", now)
	standard := signed(senders["standard"], standardSecret, now)
	token, wrongToken := sampleMessage(), sampleMessage()
	token.Header, wrongToken.Header = headers(verify.VapiSecretHeader, "right"), headers(verify.VapiSecretHeader, "wrong")
	stale := signed(senders["vapi"], "right", now.Add(-time.Hour))
	right, none := []string{"right"}, []string(nil)
	for name, test := range map[string]struct {
		mac, standard, legacy []string
		message               verify.Message
		want                  error
	}{
		"the HMAC alone":                            {right, []string{standardSecret}, right, mac, nil},
		"Standard Webhooks alone":                   {right, []string{standardSecret}, right, standard, nil},
		"the token alone":                           {right, []string{standardSecret}, right, token, nil},
		"all at once":                               {right, []string{standardSecret}, right, merged(mac, standard, token), nil},
		"a wrong HMAC, no token":                    {right, none, right, wrongMAC, verify.ErrSignature},
		"a wrong HMAC, a right token":               {right, none, right, merged(wrongMAC, token), verify.ErrSignature},
		"a right HMAC, a wrong token":               {right, none, right, merged(mac, wrongToken), verify.ErrSignature},
		"an old HMAC, a right token":                {right, none, right, merged(stale, token), verify.ErrStale},
		"a wrong HMAC that nobody can judge":        {none, none, right, merged(wrongMAC, token), nil},
		"a token that nobody can judge":             {right, none, none, token, verify.ErrHeader},
		"nothing":                                   {right, none, right, merged(), verify.ErrHeader},
		"no secret at all":                          {none, none, none, merged(mac, token), verify.ErrNoSecret},
		"a signature without its time, and a token": {right, none, right, withoutTime(merged(mac, token)), verify.ErrHeader},
	} {
		t.Run(name, func(t *testing.T) {
			match, err := vapi(t, test.mac, test.standard, test.legacy).Verify(test.message, now)
			if test.want == nil {
				require.NoError(t, err)
				require.NotEmpty(t, match.KeyID)
				return
			}
			require.ErrorIs(t, err, test.want)
			require.Empty(t, match)
		})
	}
}

func withoutTime(message verify.Message) verify.Message {
	message.Header.Del(verify.VapiTimestampHeader)
	return message
}

func TestAnyOfNests(t *testing.T) {
	inner := verify.AnyOf(must[*verify.HMAC](t)(verify.NewMeta("meta")), must[*verify.HMAC](t)(verify.New360Dialog("partner")))
	outer := verify.AnyOf(verify.NewRotating(inner), must[*verify.Token](t)(verify.NewToken("X-Token", "right")))
	for scheme, secret := range map[string]string{"meta": "meta", "360dialog": "partner"} {
		match, err := outer.Verify(signed(senders[scheme], secret, now), now)
		require.NoError(t, err, scheme)
		require.Equal(t, verify.KeyID(secret), match.KeyID)
	}
	message := signed(senders["meta"], "wrong", now)
	message.Header.Set("X-Token", "right")
	_, err := outer.Verify(message, now)
	require.ErrorIs(t, err, verify.ErrSignature)
}

func TestRotatingWithoutAVerifierAcceptsNothing(t *testing.T) {
	for _, rotating := range []*verify.Rotating{{}, verify.NewRotating(nil)} {
		_, err := rotating.Verify(sampleMessage(), now)
		require.ErrorIs(t, err, verify.ErrNoSecret)
	}
}

// blocking is a verifier that waits in the middle of a message.
type blocking struct {
	verify.Verifier
	entered, leave chan struct{}
}

func (b blocking) Verify(message verify.Message, at time.Time) (verify.Match, error) {
	close(b.entered)
	<-b.leave
	return b.Verifier.Verify(message, at)
}

func TestRotatingFinishesOldMessagesWithTheOldSecret(t *testing.T) {
	first := blocking{must[*verify.HMAC](t)(verify.NewMeta("old")), make(chan struct{}), make(chan struct{})}
	rotating := verify.NewRotating(first)
	answer := make(chan error)
	go func() {
		_, err := rotating.Verify(signed(senders["meta"], "old", now), now)
		answer <- err
	}()
	select {
	case <-first.entered:
	case err := <-answer:
		require.FailNow(t, "the first verifier was not asked", "%v", err)
	}
	rotating.Set(must[*verify.HMAC](t)(verify.NewMeta("new")))
	_, err := rotating.Verify(signed(senders["meta"], "new", now), now)
	require.NoError(t, err)
	_, err = rotating.Verify(signed(senders["meta"], "old", now), now)
	require.ErrorIs(t, err, verify.ErrSignature)
	close(first.leave)
	require.NoError(t, <-answer)
}

// Messages signed with a secret that is valid before and after a change are
// accepted all the time.
func TestRotatingLosesNothing(t *testing.T) {
	before := must[*verify.HMAC](t)(verify.NewMeta("old", "kept"))
	after := must[*verify.HMAC](t)(verify.NewMeta("kept", "new"))
	rotating := verify.NewRotating(before)
	message := signed(senders["meta"], "kept", now)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 500 {
				match, err := rotating.Verify(message, now)
				if err != nil || match.KeyID != verify.KeyID("kept") {
					t.Errorf("refused while secrets change: %v", err)
					return
				}
			}
		})
	}
	for range 200 {
		rotating.Set(after)
		rotating.Set(before)
	}
	workers.Wait()
}
