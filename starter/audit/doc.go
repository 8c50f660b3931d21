// Package audit judges the integrations: how their calls fare, how they are
// tried again, how their webhooks are protected, and what is wrong with any of it.
//
// Called by `starter audit`, which gathers the facts and prints the report. It
// owns the findings with their severity, the quality gate and the forms of the
// report, and promises that every word in it is computed: from what
// IntegrationHealth has heard, from the options that calls are made with, and
// from the definitions of the webhooks and the secrets that are set.
package audit
