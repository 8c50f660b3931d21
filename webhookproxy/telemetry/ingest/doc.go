// Package ingest takes the batches of monitors' gateways: POST
// /telemetry/v1/readings. The form of a batch is that of package reading.
//
// Called over HTTP by gateways. It owns what a gateway is answered:
//
//	200 {"status":"stored"}       on disk
//	200 {"status":"same"}         was there already
//	400 {"status":"malformed"}    detail names the field; sending it again is no use
//	401 {"status":"unauthorized"} signature, headers or clock of the gateway
//	409 {"status":"conflicting"}  another batch has this number: the counter is wrong
//	413 {"status":"too_large"}    split it
//	503 {"status":"unavailable"}  send it again after Retry-After
//
// It promises that nothing is parsed before it is verified, that 200 is said only
// for what is committed, and that no value of a reading is in a log or answer.
// Batches that come at one time share one commit, which is the store's doing.
package ingest
