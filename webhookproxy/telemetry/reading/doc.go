// Package reading is what a monitor's gateway sends to POST
// /telemetry/v1/readings: one batch of samples, signed by its device.
//
// Called by the telemetry process for every request, by the detector, which
// judges batches, and by whatever sends them (Sign and Encode). It owns the wire
// format, its limits, the proof of who sent a batch, and what makes two batches
// the same one. It promises: nothing is parsed before it is verified; what is
// accepted is complete and plausible, and otherwise one error names the field
// and never a value; the same batch has the same Identity in every process; a gap
// in the sequence is told once and never filled. There is no clock and no storage
// in it.
//
// # Batch
//
// JSON, UTF-8, every name as below, nothing else and nothing twice. Times are RFC
// 3339 by the monitor's clock; finer than a microsecond is cut off. Units are in
// the comments of the types.
//
//	{
//	  "device": "monitor-7",
//	  "sequence": 41,
//	  "samples": [
//	    {
//	      "at": "2026-05-04T09:00:01Z",
//	      "leads": "on",
//	      "quality": "good",
//	      "heartRate": 71,
//	      "beats": [{"at": "2026-05-04T09:00:00.41Z", "rrMs": 845, "kind": "normal"}],
//	      "qt": {"ms": 402, "formula": "bazett", "rrMs": 845, "qrsMs": 92},
//	      "systolic": 118, "diastolic": 76, "spo2": 98, "battery": 83
//	    }
//	  ],
//	  "alarms": [
//	    {"code": "pvc-run", "priority": "medium", "start": "2026-05-04T08:59:58Z", "end": "2026-05-04T09:00:01Z"}
//	  ],
//	  "ecg": [
//	    {"lead": "II", "at": "2026-05-04T09:00:00Z", "rateHz": 250, "microvolts": 2.5, "units": [12, -14, 9]}
//	  ]
//	}
//
// A sample covers the time since the sample before it: its beats are those whose
// R wave lies there. Send one batch a second; a batch spans at most 2 s. A
// standstill of the heart is known 4 s after the last beat and once the next
// batch is in, so with batches of 2 s that is up to a second later.
//
// What could not be sent in time comes as backfill: "backfill": true, up to 60 s
// in a batch. It is kept for the record and never raises or clears an alarm.
//
// The sequence number belongs to the batch. It rises by one with every batch,
// live or backfill, and stays when the batch is sent again. A gateway that cannot
// keep its number over a restart goes on from the Unix time in milliseconds: that
// is a gap, and told as one.
//
// An alarm of the monitor is in every batch while it lasts, always with the same
// start, and with its end in each batch of the ten seconds after it, so that one
// lost batch loses neither.
//
// # Signature
//
// Four headers: Device-Name, Device-Sequence (both as in the batch),
// Device-Timestamp (Unix seconds when it is sent), and Device-Signature, which is
// HMAC-SHA256 in lower-case hex of
//
//	<name>.<sequence>.<timestamp>.<body>
//
// with the device's key as text. The time may be 5 minutes old and a minute ahead.
package reading
