package record_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"guestjourney/workflows/session"
)

// resource is one of the bundle, as any reader sees it.
type resource map[string]any

// bundle reads fhir.json: the resources by their identifiers.
func (w written) bundle(t checking) map[string]resource {
	t.Helper()
	var bundle struct {
		Type  string
		Entry []struct {
			FullURL  string
			Resource resource
			Request  struct{ IfNoneExist string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(w.files["fhir.json"]), &bundle))
	require.Equal(t, "transaction", bundle.Type)
	found, urls := map[string]resource{}, map[string]bool{}
	for _, entry := range bundle.Entry {
		name := entry.Resource["identifier"].([]any)[0].(map[string]any)["value"].(string)
		require.NotContains(t, found, name, "an identifier is one resource's")
		require.NotContains(t, urls, entry.FullURL)
		require.NotEmpty(t, entry.Request.IfNoneExist)
		found[name], urls[entry.FullURL] = entry.Resource, true
	}
	return found
}

// said is a resource as JSON.
func (r resource) said(t checking) string {
	t.Helper()
	text, err := json.Marshal(r)
	require.NoError(t, err)
	return string(text)
}

const (
	subject = `"subject":{"type":"Patient","identifier":{"system":"urn:retreat:guest","value":"guest/0001"}}`
	device  = `"device":{"type":"Device","identifier":{"system":"urn:retreat:device","value":"monitor-7"}}`
	ofTwo   = `"effectivePeriod":{"start":"2026-11-27T09:02:00Z","end":"2026-11-27T09:03:00Z"}`
	vital   = `"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-category","code":"vital-signs","display":"Vital Signs"}]}]`
)

func quantity(value, unit, code string) string {
	return fmt.Sprintf(`{"value":%s,"unit":%q,"system":"http://unitsofmeasure.org","code":%q}`, value, unit, code)
}

func TestAMinuteInFHIR(t *testing.T) {
	_, got := shared(t)
	bundle := got.bundle(t)
	statistic := func(code, text, value string) string {
		return `{"code":{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/observation-statistics","code":"` + code + `"}],"text":"` + text + `"},"valueQuantity":` + value + `}`
	}
	identifier := func(code string) string {
		return `"identifier":[{"system":"urn:retreat:session-record","value":"session/s1/minute/2026-11-27T09:02:00Z/` + code + `"}],"resourceType":"Observation","status":"final"`
	}
	require.JSONEq(t, `{`+identifier("8867-4")+`,`+vital+`,`+subject+`,`+device+`,`+ofTwo+`,
		"code":{"coding":[{"system":"http://loinc.org","code":"8867-4","display":"Heart rate"}],"text":"Heart rate"},
		"valueQuantity":`+quantity("62", "beats/minute", "/min")+`,"component":[`+
		statistic("minimum", "Minimum", quantity("60", "beats/minute", "/min"))+`,`+statistic("maximum", "Maximum", quantity("64", "beats/minute", "/min"))+`]}`,
		bundle["session/s1/minute/2026-11-27T09:02:00Z/8867-4"].said(t))
	require.JSONEq(t, `{`+identifier("85354-9")+`,`+vital+`,`+subject+`,`+device+`,`+ofTwo+`,
		"code":{"coding":[{"system":"http://loinc.org","code":"85354-9","display":"Blood pressure panel with all children optional"}],"text":"Blood pressure panel with all children optional"},
		"component":[
		{"code":{"coding":[{"system":"http://loinc.org","code":"8480-6","display":"Systolic blood pressure"}],"text":"Systolic blood pressure"},"valueQuantity":`+quantity("120", "mmHg", "mm[Hg]")+`},
		{"code":{"coding":[{"system":"http://loinc.org","code":"8462-4","display":"Diastolic blood pressure"}],"text":"Diastolic blood pressure"},"valueQuantity":`+quantity("76", "mmHg", "mm[Hg]")+`}]}`,
		bundle["session/s1/minute/2026-11-27T09:02:00Z/85354-9"].said(t))
	qtc := bundle["session/s1/minute/2026-11-27T09:02:00Z/76634-5"]
	require.Equal(t, 400.0, qtc["valueQuantity"].(map[string]any)["value"])
	for _, code := range []string{`"8634-8"`, `"76635-2"`, `"qtc-framingham"`, `"qtc-hodges"`, `"8636-3"`} {
		require.Contains(t, qtc.said(t), code)
	}
	require.Contains(t, bundle["session/s1/minute/2026-11-27T09:02:00Z/59408-5"].said(t), `"2708-6"`)
	require.Contains(t, bundle["session/s1/minute/2026-11-27T09:04:00Z/85354-9"].said(t), "not measured", "a diastolic pressure that is missing says so")
	sdnn := bundle["session/s1/minute/2026-11-27T09:04:00Z/80404-7"]
	require.Equal(t, map[string]any{"start": "2026-11-27T09:00:00Z", "end": "2026-11-27T09:05:00Z"}, sdnn["effectivePeriod"])
	require.NotContains(t, bundle, "session/s1/minute/2026-11-27T09:03:00Z/80404-7", "windows do not overlap")
}

func TestAQTcThatIsNotEvaluableIsNoValue(t *testing.T) {
	_, got := shared(t)
	bundle := got.bundle(t)
	wide := bundle["session/s1/minute/2026-11-27T09:12:00Z/76634-5"]
	require.NotContains(t, wide, "valueQuantity")
	require.JSONEq(t, `{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/data-absent-reason","code":"not-applicable"}],"text":"QTc not evaluable: wide QRS"}`,
		resource(wide["dataAbsentReason"].(map[string]any)).said(t))
	require.NotContains(t, bundle, "session/s1/minute/2026-11-27T09:08:00Z/76634-5", "without leads there is no QTc to evaluate")
	require.NotContains(t, bundle, "session/s1/minute/2026-11-27T09:05:00Z/76634-5")
}

func TestGapsAreInFHIRAsGaps(t *testing.T) {
	_, got := shared(t)
	bundle := got.bundle(t)
	silent := bundle["session/s1/no-readings/2026-11-27T09:05:00Z"]
	require.Equal(t, map[string]any{"start": "2026-11-27T09:05:00Z", "end": "2026-11-27T09:07:00Z"}, silent["effectivePeriod"])
	require.Contains(t, silent, "dataAbsentReason")
	require.Contains(t, bundle["session/s1/sequence-gap/monitor-7/781"].said(t), `"valueString":"785"`)
}

func TestAlarmsAndWhoWasToldAreInFHIR(t *testing.T) {
	_, got := shared(t)
	bundle := got.bundle(t)
	alarm := bundle["session/s1/alarm/heart-rate-low/1"]
	require.Equal(t, map[string]any{"start": "2026-11-27T09:02:10Z", "end": "2026-11-27T09:03:00Z"}, alarm["effectivePeriod"])
	require.Contains(t, alarm.said(t), `"interpretation":[{"coding":[{"code":"LL","system":"http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"}]}]`)
	require.Contains(t, bundle["session/s1/alarm/stream-stale/1"].said(t), `"interpretation":[{"coding":[{"code":"A",`)

	about := `"about":[{"reference":"` + url(t, got, "session/s1/alarm/heart-rate-low/1") + `"}]`
	for name, want := range map[string][]string{
		"session/s1/page/1/p-ana/sms/2026-11-27T09:02:11Z":             {`"status":"completed"`, `"code":"ELECTRONIC"`, `"value":"p-ana"`, `"sent":"2026-11-27T09:02:11Z"`, `"priority":"urgent"`, about},
		"session/s1/page/2/p-ana/voice/2026-11-27T09:02:21Z":           {`"status":"not-done"`, `"statusReason":{"text":"undeliverable: =busy"}`, `"code":"PHONE"`, `"priority":"stat"`},
		"session/s1/page/2/p-doc/email/2026-11-27T09:02:22Z":           {`"status":"unknown"`, `"statusReason":{"text":"recalled"}`},
		"session/s1/acknowledged/2/p-doc/any/2026-11-27T09:02:40Z":     {`"sender":{"identifier":{"system":"urn:retreat:staff","value":"p-doc"},"type":"Practitioner"}`, about},
		"session/s1/fallback_page/4/failsafe/any/2026-11-27T09:05:14Z": {`"status":"completed"`, `"priority":"urgent"`},
	} {
		require.Contains(t, bundle, name)
		for _, part := range append(want, subject[1:10], "The bedside monitor is the primary alarm.") {
			require.Contains(t, bundle[name].said(t), part, name)
		}
	}
}

// url is the address of an entry.
func url(t checking, w written, name string) string {
	t.Helper()
	var bundle struct {
		Entry []struct {
			FullURL  string
			Resource struct{ Identifier []struct{ Value string } }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(w.files["fhir.json"]), &bundle))
	for _, entry := range bundle.Entry {
		if entry.Resource.Identifier[0].Value == name {
			return entry.FullURL
		}
	}
	return "none"
}

// members are those of the resources in R4 that are used, with ! for the required ones.
var members = map[string]string{
	"Observation": "resourceType! identifier status! category code! subject effectiveDateTime effectivePeriod valueQuantity valueCodeableConcept " +
		"dataAbsentReason interpretation note device component",
	"Communication": "resourceType! identifier status! statusReason category priority medium subject about sent recipient sender payload",
}

// TestEveryResourceIsOneOfR4 holds all of them to the rules of R4 that a program can
// break: members, required ones, empty ones, and the invariants obs-6 and obs-7.
func TestEveryResourceIsOneOfR4(t *testing.T) {
	_, got := shared(t)
	bundle := got.bundle(t)
	require.Greater(t, len(bundle), 40)
	statuses := map[string][]string{"Observation": {"final"}, "Communication": {"completed", "not-done", "unknown"}}
	for name, one := range bundle {
		kind := one["resourceType"].(string)
		known := strings.Fields(members[kind])
		for member := range one {
			require.True(t, slices.Contains(known, member) || slices.Contains(known, member+"!"), "%s: %s", name, member)
		}
		for _, member := range known {
			if required, is := strings.CutSuffix(member, "!"); is {
				require.Contains(t, one, required, name)
			}
		}
		require.Contains(t, statuses[kind], one["status"], name)
		requireFilled(t, name, map[string]any(one))
		if kind == "Observation" {
			requireValueOrReason(t, name, one)
		}
	}
}

func requireValueOrReason(t *testing.T, name string, one resource) {
	t.Helper()
	values := slices.DeleteFunc(slices.Collect(maps.Keys(one)), func(member string) bool { return !strings.HasPrefix(member, "value") })
	_, absent := one["dataAbsentReason"]
	components, _ := one["component"].([]any)
	require.False(t, absent && len(values) > 0, "%s: obs-6", name)
	require.True(t, absent || len(values) == 1 || len(components) > 0, "%s: vs-2", name)
	for _, component := range components {
		require.NotEqual(t, one["code"], component.(map[string]any)["code"], "%s: obs-7", name)
	}
}

// requireFilled refuses what FHIR has no empty form of.
func requireFilled(t *testing.T, path string, value any) {
	t.Helper()
	switch value := value.(type) {
	case map[string]any:
		require.NotEmpty(t, value, path)
		for member, inner := range value {
			requireFilled(t, path+"."+member, inner)
		}
	case []any:
		require.NotEmpty(t, value, path)
		for i, inner := range value {
			requireFilled(t, fmt.Sprintf("%s[%d]", path, i), inner)
		}
	case string:
		require.NotEmpty(t, value, path)
	case nil:
		t.Errorf("%s is null", path)
	}
}

// TestAnExportThatIsRepeatedChangesNoEntry writes the record while the session lasts
// and at its end: what was created by the first is in the second as it was.
func TestAnExportThatIsRepeatedChangesNoEntry(t *testing.T) {
	w, ended := shared(t)
	for minutes := 2; minutes < 5; minutes++ {
		log := told()
		log.EndedAt, log.How = time.Time{}, ""
		log.Log = slices.DeleteFunc(log.Log, func(one session.Entry) bool { return one.At.After(start.Add(time.Duration(minutes) * time.Minute)) })
		source := w.memory()
		source.batches = source.batches[:minutes*60-38] // whose last minute has another mean so far
		for _, one := range changes() {
			if one.At.Before(start.Add(time.Duration(minutes) * time.Minute)) {
				source.transitions = append(source.transitions, entryOf(t, one))
			}
		}
		running := write(t, source, log).bundle(t)
		require.NotEmpty(t, running)
		for name, one := range running {
			whole, there := ended.bundle(t)[name]
			require.True(t, there, name)
			if one["resourceType"] == "Communication" { // it may point by the identifier to what is not over
				delete(one, "about")
				delete(whole, "about")
			}
			require.Equal(t, whole, one, name)
		}
	}
}
