# Two commands matter: `make run` shows a guest's whole way on this machine, and
# `make test` proves it. Both need git, make, Go and a C compiler.

BIN := $(CURDIR)/bin
GO  := go

# Clones and worktrees share what the compiler has made.
export GOFLAGS := -trimpath

TEMPORAL_CLI_VERSION  := v1.5.1
GOLANGCI_LINT_VERSION := v2.15.0
WORKFLOWCHECK_VERSION := v0.6.0
TEMPORAL_VERSION      := v1.32.1

# A temporal on the PATH is taken; else the newest version that `go install` can
# build is put into ./bin.
TEMPORAL := $(shell command -v temporal 2>/dev/null || echo $(BIN)/temporal)
export TEMPORAL_CLI := $(TEMPORAL)

# The server and its schema tool, for the test of the steps of the compose file.
export TEMPORAL_SERVER   := $(BIN)/temporal-server-$(TEMPORAL_VERSION)
export TEMPORAL_SQL_TOOL := $(BIN)/temporal-sql-tool-$(TEMPORAL_VERSION)

.PHONY: run demo test soak tools build lint workflowcheck unit-plain unit house house-ways house-rest histories costs bench-proxy fuzz clean

run: build $(TEMPORAL)
	@$(BIN)/starter dev run

demo: build $(TEMPORAL)
	@$(BIN)/starter dev demo

build:
	@mkdir -p $(BIN)
	@$(GO) build -o $(BIN)/ ./starter ./webhookproxy
	@$(GO) build -o $(BIN)/worker ./workers

# Compilers, tests and the servers that they start collect their garbage later than by
# default: there is memory enough, and time is short.
# Lint is quicker with less of it.
test unit unit-plain house house-ways house-rest: export GOGC := 400
lint workflowcheck: export GOGC := 100

# Tests write through to the disk thousands of times and watch time limits meanwhile;
# what a slow disk makes of those shows nothing. Where memory has room, and programs may
# be run from it, their folders are there; the compiler's stay where they were.
MEMORY := $(shell ! grep -q ' /dev/shm .*noexec' /proc/mounts 2>/dev/null && df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000 { print "/dev/shm" }')
test unit unit-plain house house-ways house-rest: export GOTMPDIR := $(or $(GOTMPDIR),$(TMPDIR),/tmp)
test unit unit-plain house house-ways house-rest: export TMPDIR := $(or $(MEMORY),$(TMPDIR),/tmp)

# Everything that is checked. Lint runs beside the tests of the whole house, which
# wait more than they compute; `make lint` alone says what it says at once.
test: tools build
	@$(MAKE) --no-print-directory -j 2 unit-plain unit
	@nice -n 19 $(MAKE) --no-print-directory lint workflowcheck & checked=$$!; status=0; \
	$(MAKE) --no-print-directory house || status=$$?; \
	wait $$checked || status=$$?; exit $$status

tools: $(TEMPORAL) $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION) $(BIN)/workflowcheck-$(WORKFLOWCHECK_VERSION) $(TEMPORAL_SERVER) $(TEMPORAL_SQL_TOOL)

lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { echo "gofmt would change:"; gofmt -l $$(git ls-files '*.go'); exit 1; }
	@$< run ./...

# Without the tests' own files: their stand-ins for workflows are never replayed.
workflowcheck: $(BIN)/workflowcheck-$(WORKFLOWCHECK_VERSION)
	@$< -test=false -config workflowcheck.config.yaml ./workflows/...

# Lint judges what `go vet` would, once for all packages.
GO_TEST := $(GO) test -vet=off

# What starts no goroutine, which for workflow code lint and workflowcheck see to:
# its tests come without the race detector, which makes each several times slower
# and would see nothing. Part of the model's sequences, which go through all of
# the workflows, are in `unit` with it; so are the adapters, as ./workers calls them,
# side by side.
PLAIN := ./activities/calendar/google ./activities/crm/hubspot ./activities/email/sendgrid ./activities/failure ./activities/paging \
	./activities/paging/mail ./activities/paging/twilio ./activities/payments/stripe ./activities/programs ./activities/programs/catalogue \
	./activities/records ./activities/records/folder ./activities/rotation ./activities/rotation/awssecrets ./activities/sms/twilio \
	./activities/timetable ./activities/watching/telemetry ./activities/wording ./internal/cardiac ./internal/config ./internal/devserver \
	./internal/identity ./internal/signedcall ./internal/views ./starter/audit ./starter/calls \
	./webhookproxy/parcel ./webhookproxy/providers ./webhookproxy/telemetry/detector ./webhookproxy/telemetry/ecg \
	./webhookproxy/telemetry/outbox ./webhookproxy/telemetry/reading ./webhookproxy/telemetry/record \
	./webhookproxy/telemetry/record/alarmlog ./webhookproxy/telemetry/record/fhir ./webhookproxy/telemetry/record/wfdb
unit-plain:
	@$(GO_TEST) -parallel 4 ./workflows/... $(PLAIN)

# A program under the detector waits a second at its end for goroutines that are left.
# There are some hundred programs and hundreds of commands, and goleak looks for those.
unit: export GORACE := atexit_sleep_ms=100

# Most packages wait for servers more than they compute, so five go side by side.
# Those that take the longest begin first, so that none of them is left over.
LONGEST := ./internal/inbox ./starter ./workers ./webhookproxy ./webhookproxy/deliver
HOUSE   := ./internal/integration ./internal/deployment ./internal/proxytest ./internal/soak
unit: $(TEMPORAL) $(TEMPORAL_SERVER) $(TEMPORAL_SQL_TOOL)
	@$(GO_TEST) -race -p 5 -parallel 4 -timeout 20m $(LONGEST) ./workflows/modeltest $$($(GO) list ./... | grep -v -e /workflows $(patsubst ./%,-e '%$$',$(HOUSE) $(PLAIN)))

# The tests of the whole house come last: they watch real time, and leave a part of
# the machine idle that ten side by side need. The programs that they run are
# processes, which the race detector would not see.
# Two of them go on for minutes. They begin at once, beside those that want their
# server alone; the other packages follow them.
LONG_WAYS := ^(TestKillTheWorkerAtEveryPoint|TestEveryWaitCanBeHeldAndLeft)$$
house: $(TEMPORAL) $(TEMPORAL_SERVER) $(TEMPORAL_SQL_TOOL)
	@$(MAKE) --no-print-directory -j 2 house-ways house-rest

house-ways:
	@$(GO_TEST) -parallel 10 -timeout 20m -skip '$(LONG_WAYS)' ./internal/integration

house-rest:
	@$(GO_TEST) -parallel 6 -timeout 20m -run '$(LONG_WAYS)' ./internal/integration
	@$(GO_TEST) -p 1 -timeout 20m $(filter-out ./internal/integration,$(HOUSE))

# Records the replay corpus from this checkout, and adds what it has not: a history
# that was released stays what it is.
histories: $(TEMPORAL)
	@RECORD_HISTORIES=1 $(GO) test -count=1 -timeout 20m -run TestRecordHistories ./internal/integration/...

# Writes the table of costs anew, from what internal/integration/testdata/costs.json
# declares. It fails if a way does not cost what its declaration says.
costs: $(TEMPORAL)
	@UPDATE_COSTS=1 $(GO) test -count=1 -parallel 4 -timeout 10m -run '^TestCosts$$' ./internal/integration/

# Sessions on the real programs in full, for some 25 minutes: a hundred guests, pages
# in time, silence that is known, two hundred kills. The figures are asserted, so
# nothing else should compute meanwhile; `make test` has the short form.
soak: build $(TEMPORAL)
	@SOAK=full $(GO) test -count=1 -timeout 60m -v ./internal/soak/...

# Measures the proxy beside a bare handler and the bare Temporal call, for some
# ten minutes, on the deployed server with PostgreSQL and on the dev server.
# Only the ratios of one run mean something.
bench-proxy: $(TEMPORAL) $(TEMPORAL_SERVER) $(TEMPORAL_SQL_TOOL)
	@$(GO) test -count=1 -run '^$$' -bench '^BenchmarkProxy$$' -benchtime 1x -timeout 30m ./internal/proxybench

# Each target for half a minute, one after the other. An input that covers new
# code is made smaller in ten tries: by default Go takes a minute for each, and
# counts none of it as an execution. The tag leaves out the tests that need
# SQLite, which takes minutes to build with the fuzzer's counters.
FUZZ_TIME := 30s
fuzz:
	@for file in $$(grep -rl --include='*_test.go' '^func Fuzz' . | sort); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$file); do \
			echo "$$target in $$(dirname $$file)"; \
			$(GO) test -tags fuzz -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) -fuzzminimizetime 10x $$(dirname $$file) || exit 1; \
		done; \
	done

$(BIN)/temporal:
	@mkdir -p $(BIN)
	@echo "Building the Temporal CLI $(TEMPORAL_CLI_VERSION) into ./bin: about 3 minutes, once."
	@GOBIN=$(BIN) $(GO) install github.com/temporalio/cli/cmd/temporal@$(TEMPORAL_CLI_VERSION)

$(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	@mkdir -p $(BIN)
	@echo "Building golangci-lint $(GOLANGCI_LINT_VERSION) into ./bin: about 2 minutes, once."
	@GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(BIN)/golangci-lint $@

$(BIN)/workflowcheck-$(WORKFLOWCHECK_VERSION):
	@mkdir -p $(BIN)
	@GOBIN=$(BIN) $(GO) install go.temporal.io/sdk/contrib/tools/workflowcheck@$(WORKFLOWCHECK_VERSION)
	@mv $(BIN)/workflowcheck $@

$(TEMPORAL_SERVER):
	@mkdir -p $(BIN)
	@echo "Building the Temporal server $(TEMPORAL_VERSION) into ./bin: about 4 minutes, once."
	@GOBIN=$(BIN) $(GO) install go.temporal.io/server/cmd/server@$(TEMPORAL_VERSION)
	@mv $(BIN)/server $@

$(TEMPORAL_SQL_TOOL):
	@mkdir -p $(BIN)
	@GOBIN=$(BIN) $(GO) install go.temporal.io/server/cmd/tools/sql@$(TEMPORAL_VERSION)
	@mv $(BIN)/sql $@

clean:
	@rm -rf $(BIN)
