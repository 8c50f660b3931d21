package staffpage

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/url"
	"strconv"
	"strings"

	"guestjourney/workflows/kit"
	"guestjourney/workflows/session"
)

// given is the command that a button stands for.
type given struct {
	name    string
	session string
	alarm   string
	number  int
	// after is the last command that the page knew of: a second click on the same
	// button is the same command, and the same button of a later page is not.
	after string
}

func (g given) value() string {
	return url.Values{
		"do": {g.name}, "session": {g.session}, "alarm": {g.alarm}, "number": {strconv.Itoa(g.number)}, "after": {g.after},
	}.Encode()
}

var errOrder = errors.New("not a button of this page; load it again")

func parseOrder(text string) (given, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return given{}, errOrder
	}
	number, err := strconv.Atoi(values.Get("number"))
	if err != nil || number < 0 || !strings.HasPrefix(values.Get("session"), session.IDPrefix) {
		return given{}, errOrder
	}
	return given{values.Get("do"), values.Get("session"), values.Get("alarm"), number, values.Get("after")}, nil
}

// id names the update: the same person and the same button are one.
func (g given) id(actor string) string {
	sum := sha256.Sum256([]byte(actor + "\n" + g.value()))
	return "staffpage-" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

// input makes the update's input. Whom it is about is who gives it.
func (g given) input(by kit.Envelope) (any, error) {
	switch g.name {
	case session.UpdateAcknowledge:
		return session.Acknowledge{Envelope: by, Alarm: g.alarm, Number: g.number}, nil
	case session.UpdateDecline:
		return session.Decline{Envelope: by, Alarm: g.alarm, Person: by.Actor}, nil
	case session.UpdatePauseAudio:
		return session.PauseAudio{Envelope: by}, nil
	case session.UpdateHandOver:
		return session.HandOver{Envelope: by, To: by.Actor}, nil
	}
	return nil, errOrder
}

func ordersOf(alarm shownAlarm, after string) []order {
	if !alarm.Waits || !alarm.Told {
		return nil
	}
	about := alarm.Title + ", room " + alarm.Room
	button := func(name, label string) order {
		g := given{name, alarm.Session, alarm.Alarm, int(alarm.Number), shorten(after)} //nolint:gosec // counts up from 0
		return order{Label: label, Value: g.value(), Name: label + ": " + about, ID: name + "-" + alarm.ID}
	}
	return []order{button(session.UpdateAcknowledge, "Acknowledge"), button(session.UpdateDecline, "I cannot come")}
}

// sessionOrders are those that a card offers.
func sessionOrders(name, room, after string, sounds bool) []order {
	button := func(do, label string) order {
		g := given{do, name, "", 0, shorten(after)}
		return order{Label: label, Value: g.value(), Name: label + ", room " + room, ID: do + "-" + keyOf(name)}
	}
	orders := []order{button(session.UpdateHandOver, "I am responsible")}
	if sounds {
		orders = append(orders, button(session.UpdatePauseAudio, "Pause audio"))
	}
	return orders
}

// shorten makes a command's ID fit for a button.
func shorten(commandID string) string {
	if commandID == "" {
		return ""
	}
	return keyOf(commandID)
}

// keyOf makes an element's ID of any text.
func keyOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "k" + hex.EncodeToString(sum[:6])
}
