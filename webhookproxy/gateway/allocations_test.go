package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxAllocations bounds what the handler makes for one webhook, from the request
// in hand to the answer: verified, split, looked up, signalled, logged.
const maxAllocations = 60

func TestTheHandlerAllocatesLittle(t *testing.T) {
	s, n := newStage(t), 0
	one := func(handle func(*httptest.ResponseRecorder, *http.Request)) func() {
		return func() {
			n++
			body := paid(fmt.Sprint("evt_", n), "pay/p1")
			request := httptest.NewRequest(http.MethodPost, "/webhooks/stripe", strings.NewReader(body))
			request.Header = s.stripeHeader(body)
			handle(httptest.NewRecorder(), request)
		}
	}
	own := testing.AllocsPerRun(200, one(func(*httptest.ResponseRecorder, *http.Request) {}))
	all := testing.AllocsPerRun(200, one(func(answer *httptest.ResponseRecorder, request *http.Request) {
		s.gateway.ServeHTTP(answer, request)
		require.Equal(t, http.StatusOK, answer.Code)
	}))
	require.LessOrEqual(t, all-own, float64(maxAllocations))
	require.Len(t, s.port.got(), 201, "each was signalled")
}
