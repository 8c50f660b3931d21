package staffpage

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"

	"guestjourney/internal/staff"
)

// How long a sign-in lasts: while the page is open or was used within idleLife, and
// never longer than a shift.
const (
	idleLife  = 30 * time.Minute
	wholeLife = 12 * time.Hour
	// perPerson is how many browsers a person may be signed in with; the oldest
	// gives way.
	perPerson = 10
	// streamsPerSignIn keeps one browser from taking every stream.
	streamsPerSignIn = 8
)

type signInID = [sha256.Size]byte

// visitor is who sent a request.
type visitor struct {
	id    signInID
	code  string
	roles []string
	csrf  string
}

// signIns knows who is signed in.
type signIns struct {
	now    func() time.Time
	roster func() *staff.Roster

	mutex sync.Mutex
	byID  map[signInID]*signIn
}

type signIn struct {
	token       string // its hash, as in the staff file
	code, csrf  string
	began, used time.Time
	said        string // what the next page tells
	streams     int
}

func newSignIns(now func() time.Time, roster func() *staff.Roster) *signIns {
	return &signIns{now: now, roster: roster, byID: map[signInID]*signIn{}}
}

// begin signs a person in and returns the cookie's value.
func (s *signIns) begin(who staff.SignedIn, token string) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.makeRoom(who.Code)
	cookie, now := rand.Text(), s.now()
	s.byID[sha256.Sum256([]byte(cookie))] = &signIn{
		token: staff.HashToken(token), code: who.Code, csrf: rand.Text(), began: now, used: now,
	}
	return cookie
}

// makeRoom ends what is over, and a person's oldest sign-in if there are too many.
func (s *signIns) makeRoom(code string) {
	var oldest signInID
	count := 0
	for id, one := range s.byID {
		if s.over(one) {
			delete(s.byID, id)
			continue
		}
		if one.code != code {
			continue
		}
		if count++; count == 1 || one.began.Before(s.byID[oldest].began) {
			oldest = id
		}
	}
	if count >= perPerson {
		delete(s.byID, oldest)
	}
}

func (s *signIns) over(one *signIn) bool {
	now := s.now()
	return now.Sub(one.used) > idleLife || now.Sub(one.began) > wholeLife
}

// of finds a cookie's sign-in and counts as use. The roster is asked each time: a
// token that is no longer in it opens nothing, and roles are the present ones.
func (s *signIns) of(cookie string) (visitor, bool) { return s.find(sha256.Sum256([]byte(cookie))) }

func (s *signIns) find(id signInID) (visitor, bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.byID[id]
	if one == nil {
		return visitor{}, false
	}
	who, known := s.roster().Holder(one.token)
	if s.over(one) || !known || who.Code != one.code {
		delete(s.byID, id)
		return visitor{}, false
	}
	one.used = s.now()
	return visitor{id: id, code: who.Code, roles: who.Roles, csrf: one.csrf}, true
}

func (s *signIns) end(id signInID) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.byID, id)
}

// say keeps a line for the next page.
func (s *signIns) say(id signInID, text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if one := s.byID[id]; one != nil {
		one.said = text
	}
}

// said returns that line, once.
func (s *signIns) said(id signInID) string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.byID[id]
	if one == nil {
		return ""
	}
	text := one.said
	one.said = ""
	return text
}

// stream counts a stream of a sign-in; false if it has too many.
func (s *signIns) stream(id signInID, change int) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	one := s.byID[id]
	if one == nil || change > 0 && one.streams >= streamsPerSignIn {
		return false
	}
	one.streams += change
	return true
}
