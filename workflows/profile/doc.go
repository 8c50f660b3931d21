// Package profile holds who a guest is, across journeys, and who an address
// belongs to.
//
// GuestProfile is opened by the directory when a journey claims its addresses.
// It owns the consent and opt-out of each channel and knows the open journeys
// and their dates. It promises that STOP, START and HELP are honoured whatever
// else goes on, that no message of a guest is dropped, and that journeys whose
// dates meet, and a lead of a guest who is on the way, come before a person.
//
// Claim is signalled with start by the webhook proxy for an event whose signed
// content names no workflow. It owns one address: the first guest to bind it
// keeps it, and facts that came earlier wait for a bounded time. When a number
// calls, the proxy asks its claim whose it is, and the profile which language and
// journey are the guest's; what it says to the caller the journey decides.
package profile
