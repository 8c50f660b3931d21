package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"

	"guestjourney/activities/options"
	"guestjourney/internal/freeport"
	"guestjourney/internal/program"
	"guestjourney/internal/temporalclient"
	"guestjourney/workflows/journey"
	"guestjourney/workflows/kit"
)

const uiOrigin = "http://127.0.0.1:8233"

// browser is what the Temporal UI does in a browser: it has no keys, and asks
// the codec server to seal what an operator types and to open what is stored.
type browser struct {
	h      *house
	codec  string
	client client.Client
}

func (h *house) browse() *browser {
	h.t.Helper()
	address, token := freeport.Address(h.t), "0123456789abcdef0123456789abcdef"
	server := exec.Command(program.Built(h.t, "starter"), "codec")
	server.Env = []string{"PAYLOAD_KEYS=" + h.keys, "CODEC_ADDR=" + address, "CODEC_TOKEN=" + token, "CODEC_UI_ORIGIN=" + uiOrigin}
	h.keep("codec", server, program.Answers("http://"+address+"/healthz"))
	plain, err := temporalclient.Dial(context.Background(), temporalclient.Options{Program: "browser", Address: h.server.HostPort})
	require.NoError(h.t, err)
	h.t.Cleanup(plain.Close)
	return &browser{h: h, codec: "http://" + address + "/" + token, client: plain}
}

// through sends payloads to the codec server as the UI does.
func (b *browser) through(way string, payload *commonpb.Payload) *commonpb.Payload {
	b.h.t.Helper()
	body, err := protojson.Marshal(&commonpb.Payloads{Payloads: []*commonpb.Payload{payload}})
	require.NoError(b.h.t, err)
	request, err := http.NewRequest(http.MethodPost, b.codec+"/"+way, bytes.NewReader(body))
	require.NoError(b.h.t, err)
	request.Header.Set("Origin", uiOrigin)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Namespace", "guest-journeys")
	answer, err := http.DefaultClient.Do(request)
	require.NoError(b.h.t, err)
	defer answer.Body.Close() //nolint:errcheck // read whole below
	text, err := io.ReadAll(answer.Body)
	require.NoError(b.h.t, err)
	require.Equal(b.h.t, http.StatusOK, answer.StatusCode, string(text))
	require.Equal(b.h.t, uiOrigin, answer.Header.Get("Access-Control-Allow-Origin"))
	var payloads commonpb.Payloads
	require.NoError(b.h.t, protojson.Unmarshal(text, &payloads))
	require.Len(b.h.t, payloads.GetPayloads(), 1)
	return payloads.GetPayloads()[0]
}

// typed seals a JSON text as an operator typed it.
func (b *browser) typed(text string) converter.RawValue {
	return converter.NewRawValue(b.through("encode", &commonpb.Payload{
		Metadata: map[string][]byte{"encoding": []byte("json/plain")}, Data: []byte(text),
	}))
}

// must sends an update as the UI's form does; it has to be done.
func (b *browser) must(id, update string, fields map[string]any) {
	t, ctx := b.h.t, context.Background()
	t.Helper()
	text, err := json.Marshal(fields)
	require.NoError(t, err)
	handle, err := b.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: update, WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{b.typed(string(text))},
	})
	require.NoError(t, err, update)
	var sealed converter.RawValue
	require.NoError(t, handle.Get(ctx, &sealed))
	var outcome kit.Outcome
	require.NoError(t, json.Unmarshal(b.through("decode", sealed.Payload()).GetData(), &outcome))
	assert.Equal(t, "done", outcome.Status, update)
}

func TestAnOperatorStartsAndSteersAJourneyFromTheUI(t *testing.T) {
	h := open(t, settings{})
	ui := h.browse()
	ctx, id := context.Background(), newJourneyID()

	_, err := ui.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: options.QueueJourneys}, journey.Type,
		ui.typed(`{"program": "quick", "lead": {"email": "ana@guests.example", "firstName": "Ana"}}`))
	require.NoError(t, err)
	h.reaches(id, "conversing", 20*time.Second)

	ui.must(id, kit.UpdateHold, map[string]any{"actor": "ana", "role": "operator", "reason": "bereavement"})

	// Current Details, and what the dialogs list, are the answer of this query.
	answer, err := ui.client.QueryWorkflow(ctx, id, "", "__temporal_workflow_metadata")
	require.NoError(t, err)
	var sealedMetadata converter.RawValue
	require.NoError(t, answer.Get(&sealedMetadata))
	assert.NotContains(t, string(sealedMetadata.Payload().GetData()), "conversing", "the details are stored in clear")
	var metadata sdkpb.WorkflowMetadata
	require.NoError(t, protojson.Unmarshal(ui.through("decode", sealedMetadata.Payload()).GetData(), &metadata))
	assert.Contains(t, metadata.GetCurrentDetails(), "| Stage | conversing |")
	assert.Contains(t, metadata.GetCurrentDetails(), "| Control | held |")
	offered := map[string]string{}
	for _, update := range metadata.GetDefinition().GetUpdateDefinitions() {
		offered[update.GetName()] = update.GetDescription()
	}
	for _, name := range []string{kit.UpdateHold, kit.UpdateRelease, kit.UpdateCancel, kit.UpdateReschedule, kit.UpdateRetryStep, kit.UpdateSkipStep} {
		assert.NotEmpty(t, offered[name], "update %s has no description", name)
	}
	for _, signal := range metadata.GetDefinition().GetSignalDefinitions() {
		assert.NotEmpty(t, signal.GetDescription(), "signal %s has no description", signal.GetName())
	}
}
