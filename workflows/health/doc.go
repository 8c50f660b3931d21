// Package health watches the providers: HealthCheck asks them, DeepHealthCheck
// has them do what they are there for, the workers tell how their calls fare,
// and IntegrationHealth keeps what is known.
//
// Temporal Schedules start HealthCheck every minute and DeepHealthCheck every
// fifteen; nobody needs to start IntegrationHealth, of which there is one. It
// owns the state of each provider, and promises:
//   - a provider that fails as often in a row as its threshold says raises
//     attention, and its next success resolves it, without a person;
//   - staff get a text and a mail of both, once each, and one of the two while
//     the other's own provider is down;
//   - a number or address that is refused waits, for its hour, for retry_step, which
//     asks anew who is told;
//   - a report that is older than the one before it changes nothing;
//   - a worker that ends without a word is missed, and after a day forgotten;
//   - when no report comes at all, that raises attention too: silence is no
//     good health;
//   - it knows codes and instants only, never what a provider said.
package health
