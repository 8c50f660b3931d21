package main

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/internal/devserver"
)

// BenchmarkHundredGuests is what the telemetry process costs with 100 guests at 1 Hz,
// every beat included, in a file on disk, beside the dev server. One operation is one
// second of all guests; cpu-% is of one core, of the telemetry process alone. Run it
// with -benchtime 30x or more.
func BenchmarkHundredGuests(b *testing.B) {
	const guests = 100
	server := devserver.Start(b)
	telemetry := serveTelemetry(b, map[string]string{"TEMPORAL_ADDRESS": server.HostPort})
	var all []*guest
	for n := range guests {
		device := "monitor-" + strconv.Itoa(n)
		telemetry.assign("S"+strconv.Itoa(n), device)
		all = append(all, newGuest(b, device, func() []string { return []string{telemetry.address} }))
	}
	watched := func() bool { return telemetry.figure("guestjourney_telemetry_sessions") == strconv.Itoa(guests) }
	require.Eventually(b, watched, patience, 50*time.Millisecond)
	cpu := func() float64 {
		seconds, err := strconv.ParseFloat(telemetry.figure("process_cpu_seconds_total"), 64)
		require.NoError(b, err)
		return seconds
	}
	before, began := cpu(), time.Now()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	seconds := 0
	for b.Loop() {
		seconds++
		var sending sync.WaitGroup
		for n, one := range all {
			sending.Go(func() {
				time.Sleep(time.Duration(n) * time.Second / guests) // monitors do not send in step
				one.second(b.Context())
			})
		}
		sending.Wait()
		<-tick.C
	}
	b.ReportMetric(100*(cpu()-before)/time.Since(began).Seconds(), "cpu-%")
	for _, one := range all {
		require.Equal(b, seconds, one.stored(), "no reading is lost")
	}
}
