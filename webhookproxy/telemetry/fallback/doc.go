// Package fallback pages the failsafe recipient when nobody else was paged in time.
//
// Called by the telemetry process, which runs it beside everything else. It owns the
// decision that a transition is overdue: three seconds after it was committed no
// provider has confirmed a page; and when one is made again because the workflow that
// should do so is not heard from. It promises:
//   - it needs neither Temporal nor a worker;
//   - text and call go out at once, under the page key that the workflow uses, marked
//     as a fallback, and again until a provider has taken one of them;
//   - one slow call holds up no other page;
//   - a warning that is over by then is recalled, as SessionMonitor would;
//   - a critical alarm that lasts is paged again every three minutes, as SessionMonitor
//     would, until that pages for it, or the alarm or its session is over. Temporal
//     having the transition is not enough: there may be no worker. A SessionMonitor
//     that has paged and says nothing for seven minutes is replaced in the same way,
//     until it is heard from. Never paged again are a warning, what cannot be read, and
//     what a device without a session tells: nobody would hear that it is over;
//   - two pages are possible, none is not. Whose owner is elsewhere is left to it for
//     another moment.
package fallback
