package kit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"

	"go.temporal.io/sdk/workflow"
)

func itoa(n int) string { return strconv.Itoa(n) }

// effectPrefix is the part of an effect key that is stable over retries,
// resets and continue-as-new, and new when a workflow ID is used again.
func effectPrefix(workflowID, firstRunID string) string {
	return workflowID + "/" + shortHash(firstRunID)
}

// EffectKey returns the effect key of a step's generation.
func (c *Core) EffectKey(step string, generation int) string {
	return fmt.Sprintf("%s/%s/%d", c.key, step, generation)
}

// KeyOf returns the effect key of a step of a workflow that keeps no ledger.
func KeyOf(ctx workflow.Context, step string) string {
	info := workflow.GetInfo(ctx)
	return effectPrefix(info.WorkflowExecution.ID, info.FirstRunID) + "/" + step + "/0"
}

// StepKey returns the effect key that a step has now.
func (c *Core) StepKey(step string) string {
	generation := 0
	if entry, ok := c.common.Ledger[step]; ok {
		generation = entry.Generation
	}
	return c.EffectKey(step, generation)
}

// shortHash is the first 12 hex digits of a text's SHA-256.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:12]
}

// digest names a request's content. encoding/json writes map keys sorted, so
// equal requests have equal digests.
func digest(request any) string {
	data, err := json.Marshal(request)
	if err != nil {
		// Requests are our own structs of plain values; one that cannot be
		// written is a bug, which must block and not fail the workflow.
		panic(fmt.Sprintf("request %T cannot be written as JSON: %v", request, err))
	}
	return shortHash(string(data))
}
