package temporalclient

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/interceptor"
	sdklog "go.temporal.io/sdk/log"
	"google.golang.org/grpc"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
)

// Where a client connects if neither variables nor a profile say otherwise.
const (
	DefaultAddress   = "127.0.0.1:7233"
	DefaultNamespace = "guest-journeys"
)

// A connection that died without a word is noticed after the sum of the two.
const (
	keepAliveTime    = 15 * time.Second
	keepAliveTimeout = 5 * time.Second
)

// Options of Dial.
type Options struct {
	// Program names the client in Temporal's histories, "worker". The identity
	// is made of it, the process ID and a random part; the host's name, which
	// may be a person's, is left out.
	Program string
	// Keys seal and unseal payloads. Empty means payloads in clear.
	Keys *codec.Ring
	// RequireKeys refuses to connect without keys. Every program sets it; only
	// a test that looks for what the codec hides does not.
	RequireKeys bool
	// PanicOnFailure makes a payload that cannot be unsealed panic: for the
	// client of a worker, and for no other. See package codec.
	PanicOnFailure bool
	// Lazy connects at the first call instead of at once.
	Lazy bool
	// Address and Namespace override variables and profile, for tests.
	Address, Namespace string

	Logger       *slog.Logger
	Metrics      client.MetricsHandler
	Traces       trace.TracerProvider // nil records none
	Interceptors []interceptor.ClientInterceptor
	DialOptions  []grpc.DialOption
}

// Dial connects to Temporal.
func Dial(ctx context.Context, options Options) (client.Client, error) {
	settings, err := options.settings()
	if err != nil {
		return nil, err
	}
	if options.Lazy {
		return client.NewLazyClient(settings)
	}
	connection, err := client.DialContext(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("no Temporal at %s, namespace %s (TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE): %w", settings.HostPort, settings.Namespace, err)
	}
	return connection, nil
}

// ForActivities returns a second client on a worker's connection, whose codec
// returns errors: activities may read payloads in goroutines of their own,
// where a panic would end the process.
func ForActivities(ctx context.Context, existing client.Client, options Options) (client.Client, error) {
	options.PanicOnFailure = false
	settings, err := options.settings()
	if err != nil {
		return nil, err
	}
	second, err := client.NewClientFromExistingWithContext(ctx, existing, settings)
	if err != nil {
		return nil, fmt.Errorf("second client for activities: %w", err)
	}
	return second, nil
}

func (o Options) settings() (client.Options, error) {
	if o.RequireKeys && o.Keys.Empty() {
		return client.Options{}, config.Invalid("PAYLOAD_KEYS", "is not set; without it payloads would be stored in clear")
	}
	settings, err := o.connection()
	if err != nil {
		return client.Options{}, err
	}
	logger := o.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	settings.Identity = identity(o.Program)
	settings.Logger = sdklog.NewStructuredLogger(logger)
	settings.MetricsHandler = o.Metrics
	if settings.Interceptors, err = o.interceptors(); err != nil {
		return client.Options{}, err
	}
	settings.DataConverter, settings.FailureConverter = converters(o.Keys, o.codecOptions()...)
	// Payloads are packed before they are sealed, and what is sealed does not
	// shrink: gzip took a fifth of the proxy's processor time for nothing.
	settings.ConnectionOptions.GrpcCompression = &client.GrpcCompressionNone{}
	settings.ConnectionOptions.KeepAliveTime = keepAliveTime
	settings.ConnectionOptions.KeepAliveTimeout = keepAliveTimeout
	settings.ConnectionOptions.DialOptions = append([]grpc.DialOption{grpc.WithChainUnaryInterceptor(setRequestID)}, o.DialOptions...)
	return settings, nil
}

// connection reads the standard variables and profile.
func (o Options) connection() (client.Options, error) {
	settings, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return settings, config.Invalid("TEMPORAL_*", err.Error())
	}
	settings.HostPort = first(o.Address, settings.HostPort, DefaultAddress)
	settings.Namespace = first(o.Namespace, settings.Namespace, DefaultNamespace)
	return settings, nil
}

func (o Options) codecOptions() []codec.Option {
	if o.PanicOnFailure {
		return []codec.Option{codec.PanicOnFailure()}
	}
	return nil
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

func identity(program string) string {
	if program == "" {
		program = "guestjourney"
	}
	return fmt.Sprintf("%s-%d-%s", program, os.Getpid(), rand.Text()[:6])
}

// Namespace returns the namespace that Dial would use, for links and messages.
func Namespace(options Options) (string, error) {
	settings, err := options.connection()
	return settings.Namespace, err
}
