// Package simulation plays guests who wear a monitor, through the real endpoint.
//
// Called by `starter dev simulate`, by `make run`, which shows a session, and by
// the soak test. It owns the scenarios: what a heart does, phase by phase, and
// which alarms that must raise. It promises that the same scenario, seed and start
// give the same batches, and that a gateway behaves as a real one: what was not
// answered is sent again, and late as backfill.
//
// The physiology is plain on purpose: rates, intervals and pressures that hold for
// a phase, with the small variation that breathing makes. It is no model of a
// patient and proves nothing about medicine.
package simulation
