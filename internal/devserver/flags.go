package devserver

import "guestjourney/workflows/kit"

// Flags are those without which every workflow task of the dev server costs
// 50 ms: one partition a queue, no limit on internal polls, and a write-ahead
// log; and what makes it keep priorities.
func Flags() []string {
	flags := []string{"--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=1"}
	for _, setting := range []string{
		"history.transferProcessorMaxPollRPS=10000", "history.timerProcessorMaxPollRPS=10000",
		"history.visibilityProcessorMaxPollRPS=10000", "history.outboundProcessorMaxPollRPS=10000",
		"matching.numTaskqueueReadPartitions=1", "matching.numTaskqueueWritePartitions=1",
		"system.enableActivityEagerExecution=true", "frontend.namespaceRPS=10000",
		"matching.useNewMatcher=true", // priorities; the default from server 1.32 on
	} {
		flags = append(flags, "--dynamic-config-value", setting)
	}
	return flags
}

// searchAttributeFlags register what the workflows upsert.
func searchAttributeFlags() []string {
	var flags []string
	for _, key := range kit.SearchAttributes() {
		flags = append(flags, "--search-attribute", key.GetName()+"="+key.GetValueType().String())
	}
	return flags
}
