package proxybench

import (
	"context"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"go.temporal.io/sdk/client"

	"guestjourney/internal/codec"
	"guestjourney/internal/devserver"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/kit"
)

// asBare makes the test binary run as the bare handler.
const asBare = "PROXYBENCH_BARE"

// serveBare serves what the proxy is compared with: a handler that only reads
// the body, and one that makes the call as well, which is the least that any
// process between sender and Temporal costs.
func serveBare(address string) error {
	temporal, err := dial(context.Background(), os.Getenv("TEMPORAL_ADDRESS"))
	if err != nil {
		return err
	}
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.POST("/webhooks/stripe", func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, []byte(`{"status":"accepted"}`))
	})
	e.POST("/forward/:number", func(c echo.Context) error {
		if _, err := io.ReadAll(c.Request().Body); err != nil {
			return err
		}
		number, err := strconv.ParseInt(c.Param("number"), 10, 64)
		if err == nil {
			err = signal(c.Request().Context(), temporal, number)
		}
		if err != nil {
			return err
		}
		return c.JSONBlob(http.StatusOK, []byte(`{"status":"accepted"}`))
	})
	return e.Start(address)
}

func dial(ctx context.Context, address string) (client.Client, error) {
	ring, err := codec.ParseRing(keys)
	if err != nil {
		return nil, err
	}
	return temporalclient.Dial(ctx, temporalclient.Options{
		Program: "bench", Address: address, Namespace: devserver.Namespace, Keys: ring, RequireKeys: true,
	})
}

// signal is the call that the proxy makes, with the same payload.
func signal(ctx context.Context, temporal client.Client, number int64) error {
	ctx, cancel := context.WithTimeout(temporalclient.WithRequestID(ctx, uuid.NewString()), 8*time.Second)
	defer cancel()
	return temporal.SignalWorkflow(ctx, receiver(number), "", kit.SignalPayment, kit.Fact{
		ID: "evt_" + strconv.FormatInt(number, 10), Provider: "stripe", Type: "payment_intent.succeeded", Object: "pi_1", OccurredAt: time.Unix(1803978000, 0).UTC(),
	})
}
