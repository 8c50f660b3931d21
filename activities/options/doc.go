// Package options names how activities are called: on which queue, with which
// retries and timeouts, and with what that makes a call repeatable.
//
// Called by the workflow-side helpers of every capability port. It owns the
// retry profiles and the queue names, and promises that no workflow and no
// port invents its own. It imports the Temporal SDK only.
package options
