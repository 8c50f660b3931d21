package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"guestjourney/internal/codec"
)

const (
	testToken  = "0123456789abcdef0123"
	testOrigin = "http://127.0.0.1:8233"
)

func testKeys(id string, b byte) string {
	return id + ":" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, codec.KeySize))
}

func testCodec(t *testing.T, keys string) *codec.Codec {
	t.Helper()
	ring, err := codec.ParseRing(keys)
	require.NoError(t, err)
	sealing, err := codec.New(ring)
	require.NoError(t, err)
	return sealing
}

func codecServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(newCodecHandler(testCodec(t, testKeys("k1", 1)), testToken, []string{testOrigin, "http://localhost:8233"}))
	t.Cleanup(server.Close)
	return server
}

func send1(t *testing.T, method, url string, body io.Reader, header map[string]string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	require.NoError(t, err)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer response.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

// TestUIRoundTrip does what the UI does: encode what is pasted, decode what is stored.
func TestUIRoundTrip(t *testing.T) {
	server := codecServer(t)
	for _, prefix := range []string{"/" + testToken, "/" + testToken + "/guest-journeys"} {
		remote := converter.NewRemotePayloadCodec(converter.RemotePayloadCodecOptions{Endpoint: server.URL + prefix})
		pasted := []*commonpb.Payload{{Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(`{"lead":{"email":"a@example.org"}}`)}}

		sealed, err := remote.Encode(pasted)
		require.NoError(t, err)
		require.Equal(t, codec.Encoding, string(sealed[0].Metadata["encoding"]))
		require.NotContains(t, protojson.Format(sealed[0]), "example.org")

		again, err := remote.Encode(sealed)
		require.NoError(t, err)
		require.Equal(t, sealed[0].Data, again[0].Data, "sealed once")

		shown, err := remote.Decode(sealed)
		require.NoError(t, err)
		require.Equal(t, pasted[0].Data, shown[0].Data)
	}
}

func TestUnknownKeyIsNamed(t *testing.T) {
	server := codecServer(t)
	foreign, err := testCodec(t, testKeys("k9", 9)).Encode([]*commonpb.Payload{{Data: []byte("{}")}})
	require.NoError(t, err)
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: foreign})
	require.NoError(t, err)
	for _, action := range []string{"encode", "decode"} {
		response, text := send1(t, http.MethodPost, server.URL+"/"+testToken+"/"+action, bytes.NewReader(body), nil)
		require.Equal(t, http.StatusBadRequest, response.StatusCode)
		require.Contains(t, text, `unknown key "k9"`)
	}
}

func TestWithoutTheTokenThereIsNothing(t *testing.T) {
	server := codecServer(t)
	for _, path := range []string{"/decode", "/" + testToken[1:] + "/decode", "/x/decode", "//decode", "/" + testToken, "/" + testToken + "/other", "/x/" + testToken + "/decode"} {
		for _, method := range []string{http.MethodPost, http.MethodOptions} {
			response, text := send1(t, method, server.URL+path, strings.NewReader(`{"payloads":[]}`), map[string]string{"Origin": testOrigin})
			require.Contains(t, []int{http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusTemporaryRedirect}, response.StatusCode, "%s %s", method, path)
			require.Empty(t, response.Header.Get("Access-Control-Allow-Origin"), path)
			require.NotContains(t, text, testToken)
		}
	}
}

func TestPreflight(t *testing.T) {
	server := codecServer(t)
	ask := func(origin string) *http.Response {
		response, _ := send1(t, http.MethodOptions, server.URL+"/"+testToken+"/decode", http.NoBody, map[string]string{
			"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,x-namespace",
		})
		return response
	}
	for _, origin := range []string{testOrigin, "http://localhost:8233"} {
		response := ask(origin)
		require.Equal(t, http.StatusNoContent, response.StatusCode)
		require.Equal(t, origin, response.Header.Get("Access-Control-Allow-Origin"))
		require.Equal(t, "Content-Type, X-Namespace, Authorization", response.Header.Get("Access-Control-Allow-Headers"))
		require.Contains(t, response.Header.Get("Access-Control-Allow-Methods"), "POST")
		require.Equal(t, "Origin", response.Header.Get("Vary"))
	}
	require.Empty(t, ask("http://evil.example").Header.Get("Access-Control-Allow-Origin"))
	require.Empty(t, ask("").Header.Get("Access-Control-Allow-Origin"))

	response, _ := send1(t, http.MethodPost, server.URL+"/"+testToken+"/decode", strings.NewReader(`{"payloads":[]}`), map[string]string{"Origin": testOrigin})
	require.Equal(t, http.StatusOK, response.StatusCode)
	require.Equal(t, testOrigin, response.Header.Get("Access-Control-Allow-Origin"))
}

func TestBadRequests(t *testing.T) {
	server := codecServer(t)
	url := server.URL + "/" + testToken + "/decode"
	response, _ := send1(t, http.MethodGet, url, http.NoBody, nil)
	require.Equal(t, http.StatusMethodNotAllowed, response.StatusCode)
	response, text := send1(t, http.MethodPost, url, strings.NewReader(`{"payloads":"ana@example.org"}`), nil)
	require.Equal(t, http.StatusBadRequest, response.StatusCode)
	require.NotContains(t, text, "example.org")
	response, _ = send1(t, http.MethodPost, url, bytes.NewReader(make([]byte, maxCodecBody+1)), nil)
	require.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode)
	response, _ = send1(t, http.MethodGet, server.URL+"/healthz", http.NoBody, nil)
	require.Equal(t, http.StatusNoContent, response.StatusCode)
}

// TestCodecCommand runs the command itself: it prints where it listens and
// stops when it is told to.
func TestCodecCommand(t *testing.T) {
	t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
	t.Setenv("CODEC_TOKEN", testToken)
	t.Setenv("CODEC_ADDR", "127.0.0.1:0")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader, writer := io.Pipe()
	root := newRoot()
	root.SetOut(writer)
	root.SetArgs([]string{"codec"})
	code := make(chan int, 1)
	go func() { code <- execute(ctx, root) }()

	var endpoint string
	_, err := fmt.Fscanf(reader, "codec endpoint %s\n", &endpoint)
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(endpoint, "/"+testToken))
	response, _ := send1(t, http.MethodPost, endpoint+"/encode", strings.NewReader(`{"payloads":[{"data":"e30="}]}`), nil)
	require.Equal(t, http.StatusOK, response.StatusCode)
	cancel()
	require.Equal(t, 0, <-code)
}

// TestCodecInAContainer: it listens where a published port leads, and its log
// keeps no token.
func TestCodecInAContainer(t *testing.T) {
	set := codecSettings{Token: testToken, InContainer: true}
	for address, fits := range map[string]bool{
		"0.0.0.0:8234": true, "[::]:8234": true, "127.0.0.1:8234": true,
		":8234": false, "192.0.2.1:8234": false, "codec:8234": false,
	} {
		set.Addr = address
		require.Equal(t, fits, set.check() == nil, address)
	}
	require.NotContains(t, set.shownToken(), testToken)
	require.Equal(t, testToken, codecSettings{Token: testToken}.shownToken())
}

func TestCodecRefuses(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer busy.Close() //nolint:errcheck // only holds the port
	for name, test := range map[string]struct {
		change map[string]string
		code   int
		want   string
	}{
		"no keys":        {map[string]string{"PAYLOAD_KEYS": ""}, 2, "PAYLOAD_KEYS: is empty"},
		"no token":       {map[string]string{"CODEC_TOKEN": ""}, 2, "CODEC_TOKEN: is empty"},
		"short token":    {map[string]string{"CODEC_TOKEN": "short"}, 2, "CODEC_TOKEN: want 16"},
		"token of paths": {map[string]string{"CODEC_TOKEN": "0123456789/0123456789"}, 2, "CODEC_TOKEN: want 16"},
		"all interfaces": {map[string]string{"CODEC_ADDR": ":8234"}, 2, "CODEC_ADDR: want a loopback address"},
		"not contained":  {map[string]string{"CODEC_ADDR": "0.0.0.0:8234"}, 2, "CODEC_ADDR: want a loopback address"},
		"other machine":  {map[string]string{"CODEC_ADDR": "192.0.2.1:8234"}, 2, "CODEC_ADDR: want a loopback address"},
		"a name":         {map[string]string{"CODEC_ADDR": "codec.example:8234"}, 2, "CODEC_ADDR: want a loopback address"},
		"no port":        {map[string]string{"CODEC_ADDR": "127.0.0.1"}, 2, "CODEC_ADDR: want host:port"},
		"busy port":      {map[string]string{"CODEC_ADDR": busy.Addr().String()}, 1, "CODEC_ADDR moves it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PAYLOAD_KEYS", testKeys("k1", 1))
			t.Setenv("CODEC_TOKEN", testToken)
			t.Setenv("CODEC_ADDR", "127.0.0.1:0")
			for variable, value := range test.change {
				t.Setenv(variable, value)
			}
			code, _, stderr := cli(t, "", "codec")
			require.Equal(t, test.code, code)
			require.Contains(t, stderr, test.want)
		})
	}
}

// cli runs a command line and returns its exit code and what it printed.
func cli(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errors bytes.Buffer
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	root.SetOut(&out)
	root.SetErr(&errors)
	code = execute(t.Context(), root)
	if code != 0 {
		require.Equal(t, 1, strings.Count(errors.String(), "\n"), "one line: %s", errors.String())
	}
	return code, out.String(), errors.String()
}
