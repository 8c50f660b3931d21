package proxytest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// How much there is of everything.
const (
	allEvents  = 2000
	span       = 22 * time.Second // in which the posts are begun
	largest    = 20               // events of a list
	plans      = 8                // workflows that Stripe tells of
	journeys   = 8                // workflows that the others tell of
	writers    = 8                // guests who write, each with a claim
	strays     = 10               // events of each provider without a workflow
	lateEvents = 5                // events of each provider whose workflow comes later
	perRun     = 12               // facts before a workflow continues as new
)

// world is what happens outside, drawn from a seed.
type world struct {
	random    *rand.Rand
	events    []event // to workflows that are there
	strays    []event // to nobody
	late      []event // to workflows that are started when the events have come
	posts     []post
	workflows []string // those that are there from the beginning
}

func newWorld(random *rand.Rand) *world {
	w := &world{random: random}
	for n := range plans {
		w.workflows = append(w.workflows, fmt.Sprint("pay/", n))
	}
	for n := range journeys {
		w.workflows = append(w.workflows, fmt.Sprint("journey/", n))
	}
	w.happen()
	w.pack()
	return w
}

// happen makes the events. Their own time is not that in which they are sent.
func (w *world) happen() {
	begin := time.Now().Add(-time.Hour)
	for n := range allEvents {
		provider := []string{stripe, stripe, sendGrid, sendGrid, sendGrid, twilio, guest, texts}[n%8]
		if provider == texts {
			w.events = append(w.events, textOf(n, w.random.IntN(writers)))
			continue
		}
		one := number(provider, n, "", begin.Add(time.Duration(w.random.IntN(3600))*time.Second))
		family, size := "journey/", journeys
		if provider == stripe {
			family, size = "pay/", plans
		}
		switch lists := n / 8; {
		case lists < strays && n%8 != 1 && n%8 != 3 && n%8 != 4:
			one.target = fmt.Sprint(family, "nobody-", n)
			w.strays = append(w.strays, one)
		case lists < strays+lateEvents && n%8 != 1 && n%8 != 3 && n%8 != 4:
			one.target = family + "late"
			w.late = append(w.late, one)
		default:
			one.target = fmt.Sprint(family, w.random.IntN(size))
			w.events = append(w.events, one)
		}
	}
}

// all are the events in the order in which they are sent for the first time.
func (w *world) all() []event {
	all := append(append(append([]event(nil), w.events...), w.strays...), w.late...)
	w.random.Shuffle(len(all), func(a, b int) { all[a], all[b] = all[b], all[a] })
	return all
}

// pack makes the posts: SendGrid's events in lists, and each of the others
// alone. A tenth of the events is in a second post as well, at another time.
func (w *world) pack() {
	all := w.all()
	var list []event
	size := 1 + w.random.IntN(largest)
	for _, one := range append(all, w.some(all, len(all)/10)...) {
		if one.provider != sendGrid {
			w.posts = append(w.posts, w.timed(postOf(one)))
			continue
		}
		if list = append(list, one); len(list) == size {
			w.posts = append(w.posts, w.timed(postOf(list...)))
			list, size = nil, 1+w.random.IntN(largest)
		}
	}
	if len(list) > 0 {
		w.posts = append(w.posts, w.timed(postOf(list...)))
	}
}

func (w *world) some(all []event, count int) []event {
	chosen := make([]event, count)
	for i := range chosen {
		chosen[i] = all[w.random.IntN(len(all))]
	}
	return chosen
}

// timed says when a post is sent. One in five comes again later, although it was
// taken.
func (w *world) timed(p post) post {
	p.at = w.within(span)
	if w.random.IntN(5) == 0 {
		p.again = append(p.again, w.within(span/4))
	}
	return p
}

func (w *world) shuffle(list []string) {
	slices.Sort(list) // a map has no order
	w.random.Shuffle(len(list), func(a, b int) { list[a], list[b] = list[b], list[a] })
}

func (w *world) within(long time.Duration) time.Duration {
	return time.Duration(w.random.Int64N(int64(long)))
}
