package proxybench

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/deployment"
	"guestjourney/internal/devserver"
	"guestjourney/internal/freeport"
	"guestjourney/internal/program"
	"guestjourney/workflows/payment"
)

// rounds and each are the size of a comparison.
const (
	rounds = 5
	each   = 5 * time.Second
	// receivers share the signals: one workflow takes ten thousand at most.
	receivers = 400
	secret    = "whsec_bench"
	keys      = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
)

func TestMain(m *testing.M) {
	if address := os.Getenv(asBare); address != "" {
		fmt.Fprintln(os.Stderr, serveBare(address))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// bench is everything that is measured.
type bench struct {
	*testing.B
	temporal       client.Client
	proxy, bare    *sender
	metricsAddress string
}

// BenchmarkProxy prints the comparison on the server and the database that are
// deployed, where a call waits for the disk, and on the dev server in memory,
// where all that a process costs shows the most. It runs once, whatever b.N is.
func BenchmarkProxy(b *testing.B) {
	b.Run("deployed", func(b *testing.B) { open(b, deployment.StartServer(b, devserver.Namespace)).compareAll() })
	b.Run("memory", func(b *testing.B) {
		m := open(b, devserver.Start(b).HostPort)
		m.compareAll()
		m.repeats()
		m.memory()
	})
}

func (m *bench) compareAll() {
	fmt.Printf("\n%s\n%-28s %5s %8s %9s %9s %9s\n", m.Name(), "", "at", "per s", "p50", "p95", "p99")
	for _, concurrency := range []int{1, 32} {
		m.compare(concurrency)
	}
}

// compare measures the four in turn, and again, so that what the machine does
// meanwhile meets all of them.
func (m *bench) compare(concurrency int) {
	ways := []struct {
		name string
		do   func(int64) error
	}{
		{"bare handler", func(n int64) error { return m.post(m.bare, "/webhooks/stripe", n) }},
		{"bare Temporal call", func(n int64) error { return signal(context.Background(), m.temporal, n) }},
		{"bare handler with the call", func(n int64) error { return m.post(m.bare, "/forward/"+strconv.FormatInt(n, 10), n) }},
		{"proxy", func(n int64) error { return m.post(m.proxy, "/webhooks/stripe", n) }},
	}
	all := make([][]figures, len(ways))
	for range rounds {
		for i, way := range ways {
			all[i] = append(all[i], load(m.B, concurrency, each, way.do))
		}
	}
	got := make([]figures, len(ways))
	for i, way := range ways {
		got[i] = median(all[i])
		fmt.Printf("%-28s %5d %8.0f %9s %9s %9s\n", way.name, concurrency, got[i].rate, got[i].p50.Round(time.Microsecond), got[i].p95.Round(time.Microsecond), got[i].p99.Round(time.Microsecond))
	}
	call, handler, proxy := got[1], got[2], got[3]
	fmt.Printf("at %d the proxy carries %.0f %% of the bare Temporal call, and adds %s at p99; of a bare handler with the call %.0f %%, and %s\n", concurrency,
		100*proxy.rate/call.rate, (proxy.p99 - call.p99).Round(10*time.Microsecond),
		100*proxy.rate/handler.rate, (proxy.p99 - handler.p99).Round(10*time.Microsecond))
}

func body(number int64) string {
	return fmt.Sprintf(`{"id":"evt_%d","object":"event","type":"payment_intent.succeeded","created":1803978000,"data":{"object":{"id":"pi_1","metadata":{"workflowId":"%s"}}}}`, number, receiver(number))
}

func receiver(number int64) string { return fmt.Sprintf("pay/bench-%d", number%receivers) }

func (m *bench) post(to *sender, path string, number int64) error {
	text := body(number)
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + text))
	status, said, err := to.post(path, "t="+stamp+",v1="+hex.EncodeToString(mac.Sum(nil)), text)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("answer %d: %s", status, said)
	}
	return err
}

// repeats sends one webhook a thousand times.
func (m *bench) repeats() {
	number := numbers.Add(1)
	before := m.signals(receiver(number))
	for range 1000 {
		require.NoError(m, m.post(m.proxy, "/webhooks/stripe", number))
	}
	fmt.Printf("a webhook sent 1,000 times: %d signal, no other event\n", m.signals(receiver(number))-before)
}

// signals counts the events of a history.
func (m *bench) signals(id string) (count int) {
	events := m.temporal.GetWorkflowHistory(context.Background(), id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		_, err := events.Next()
		require.NoError(m, err)
		count++
	}
	return count
}

// memory sends a hundred thousand webhooks and reads the proxy's memory between.
func (m *bench) memory() {
	for part := range 5 {
		until := numbers.Load() + 20_000
		load(m.B, 32, time.Hour, func(number int64) error {
			if number > until {
				return errEnough
			}
			return m.post(m.proxy, "/webhooks/stripe", number)
		})
		fmt.Printf("resident memory after %7d webhooks: %3.0f MiB, heap in use %3.0f MiB\n", (part+1)*20_000, m.metric("process_resident_memory_bytes")/(1<<20), m.metric("go_memstats_heap_inuse_bytes")/(1<<20))
	}
}

func (m *bench) metric(name string) float64 {
	answer, err := http.Get("http://" + m.metricsAddress + "/metrics")
	require.NoError(m, err)
	defer answer.Body.Close() //nolint:errcheck // read to its end
	text, err := io.ReadAll(answer.Body)
	require.NoError(m, err)
	found := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindSubmatch(text)
	require.NotNil(m, found, name)
	value, err := strconv.ParseFloat(string(found[1]), 64)
	require.NoError(m, err)
	return value
}

func open(b *testing.B, temporal string) *bench {
	connection, err := dial(b.Context(), temporal)
	require.NoError(b, err)
	b.Cleanup(connection.Close)
	for i := range receivers {
		_, err := connection.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: receiver(int64(i)), TaskQueue: "nobody"}, payment.Type)
		require.NoError(b, err)
	}
	m := &bench{B: b, temporal: connection, proxy: newSender(freeport.Address(b)), bare: newSender(freeport.Address(b)), metricsAddress: freeport.Address(b)}
	m.start("bare handler", exec.Command(os.Args[0]), asBare+"="+m.bare.address, "TEMPORAL_ADDRESS="+temporal)
	m.start("proxy", exec.Command(program.Built(b, "webhookproxy")), "PROXY_ADDR="+m.proxy.address, "METRICS_ADDR="+m.metricsAddress,
		"TEMPORAL_ADDRESS="+temporal, "TEMPORAL_NAMESPACE="+devserver.Namespace, "PAYLOAD_KEYS="+keys,
		"IDENTITY_KEY="+base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32)), "STRIPE_WEBHOOK_SECRETS="+secret,
		"INBOX_PATH="+filepath.Join(b.TempDir(), "inbox.db"), "ADDRESS_RATE=1000000")
	for _, to := range []*sender{m.proxy, m.bare} {
		require.Eventually(b, func() bool { return m.post(to, "/webhooks/stripe", numbers.Add(1)) == nil }, 30*time.Second, 50*time.Millisecond)
	}
	return m
}

// start runs a program until the benchmark ends; nobody reads its words.
func (m *bench) start(name string, command *exec.Cmd, environment ...string) {
	command.Env = append([]string{"HOME=" + m.TempDir()}, environment...)
	program.Start(m, program.Settings{Name: name, Command: command, Log: os.DevNull, Killed: true})
}
