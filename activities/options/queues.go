package options

// Task queues. One for everything that stays inside, one per capability that
// goes outside, named after it, so that a slow provider cannot starve the rest
// and its rate holds over the whole fleet of workers.
const (
	// QueueJourneys serves every workflow and the activities that stay inside.
	QueueJourneys = "journeys"
	// QueuePayments serves the payment provider's calls.
	QueuePayments = "payments"
	// QueueCRM serves the CRM's calls.
	QueueCRM = "crm"
	// QueueEmail serves e-mail.
	QueueEmail = "email"
	// QueueSMS serves text messages.
	QueueSMS = "sms"
	// QueueCalendar serves the calendar's calls.
	QueueCalendar = "calendar"
	// QueueSecrets serves the calls to the place that keeps the secrets, and the
	// trials of new ones.
	QueueSecrets = "secrets"
	// QueueSessions serves the monitoring of sessions and the paging of staff, so
	// that nothing else waits before a page.
	QueueSessions = "sessions"
	// QueueRecords serves the filing of sessions' records, which may be large: no page
	// waits behind one.
	QueueRecords = "records"
)
