// Package fallback pages the failsafe recipient when nobody else was paged in time.
//
// Called by the telemetry process, which runs it beside everything else. It owns the
// decision that a transition is overdue: three seconds after it was committed no
// provider has confirmed a page. It promises:
//   - it needs neither Temporal nor a worker;
//   - text and call go out at once, under the page key that the workflow uses, marked
//     as a fallback, and again until a provider has taken one of them;
//   - one slow call holds up no other page;
//   - a warning that is over by then is recalled, as SessionMonitor would;
//   - two pages are possible, none is not. Whose owner is elsewhere is left to it for
//     another moment.
package fallback
