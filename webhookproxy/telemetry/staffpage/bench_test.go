package staffpage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"guestjourney/webhookproxy/telemetry/ecg/ecgtest"
	"guestjourney/webhookproxy/telemetry/reading"
	"guestjourney/webhookproxy/telemetry/store"
)

// BenchmarkWatchingAHundredGuests is one second of a hundred guests while one
// browser looks; "cpu-ms" is what the processor spent on storing and showing it,
// "append-ms" on storing alone.
func BenchmarkWatchingAHundredGuests(b *testing.B) {
	for _, leads := range []int{0, 1} {
		b.Run(fmt.Sprintf("ecg leads=%d", leads), func(b *testing.B) {
			w := open(b)
			w.plane.set(func(p *plane) { p.rooms = nil })
			for i := range 100 {
				w.assign(fmt.Sprintf("monitor-%d", 100+i), fmt.Sprintf("session/s-%d", 100+i))
			}
			sequence := uint64(0)
			second := func(n int) {
				for range n {
					sequence++
					all := make([]store.Received, 100)
					for i := range all {
						all[i] = w.batch(60+float64(sequence%40), withQT, func(batch *reading.Batch) {
							batch.Device, batch.Sequence = fmt.Sprintf("monitor-%d", 100+i), sequence
							if leads > 0 {
								batch.ECG = []reading.Strip{ecgtest.Strip("II", w.at, 250, 250)}
							}
						})
					}
					_, err := w.store.Append(b.Context(), all...)
					require.NoError(b, err)
					w.pass(time.Second)
				}
			}
			second(300)
			browser := w.ana()
			began := time.Now()
			browser.get("/")
			b.ReportMetric(float64(time.Since(began).Milliseconds()), "first-ms")
			events, _ := browser.listen(b.Context())
			<-events
			var storing time.Duration
			before := used(b)
			for b.Loop() {
				start := used(b)
				second(1)
				storing += used(b) - start
				drain(events)
				<-events
			}
			b.ReportMetric(float64((used(b)-before).Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(storing.Milliseconds())/float64(b.N), "append-ms/op")
		})
	}
}

func drain(events <-chan told) {
	for len(events) > 0 {
		<-events
	}
}

// used is the processor's time that this process has had.
func used(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	require.NoError(b, unix.Getrusage(unix.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
