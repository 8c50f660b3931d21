package paging_test

import (
	"encoding/xml"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"guestjourney/activities/wording"
	"guestjourney/internal/paging"
)

const key = "session/s1/hr-low/7"

func page() paging.Page {
	return paging.Page{Room: "3", Priority: paging.High, Code: "HR-LOW", Key: key}
}

func TestTheTextOfAPage(t *testing.T) {
	require.Equal(t, "Room 3: HIGH, code HR-LOW. The bedside monitor is the primary alarm."+wording.Reference(key), page().Text())
	marked := page()
	marked.Fallback = true
	require.Equal(t, "Room 3: HIGH, code HR-LOW. Fallback page. The bedside monitor is the primary alarm."+wording.Reference(key), marked.Text(),
		"the same reference: a person sees that two texts are one page")
	require.Equal(t, "Room 3: HIGH, code HR-LOW", marked.Subject())
}

// TestAPageSaysNoMore: whatever it is given, a page is one segment, has its
// reference, and holds no number, address or sentence.
func TestAPageSaysNoMore(t *testing.T) {
	for name, wrong := range map[string]paging.Page{
		"a name":    {Room: "Ana Prueba", Priority: paging.High, Code: "HR-LOW"},
		"a number":  {Room: "+5215512345678", Priority: "urgent", Code: "5215512345678"},
		"a value":   {Room: "3", Priority: paging.Low, Code: "HR-LOW 38 bpm"},
		"an empty":  {},
		"an attack": {Room: "<Dial>", Priority: "</Say>", Code: "A&B"},
	} {
		t.Run(name, func(t *testing.T) {
			said := wrong.Text()
			for _, secret := range []string{"Ana", "55123", "38 bpm", "<", "&", "urgent"} {
				assert.NotContains(t, said, secret)
			}
			assert.Regexp(t, `^Room (3|unknown): (HIGH|LOW), code (HR-LOW|UNKNOWN)\. `, said)
		})
	}
	rapid.Check(t, func(t *rapid.T) {
		any := paging.Page{
			Room: rapid.String().Draw(t, "room"), Priority: rapid.String().Draw(t, "priority"), Code: rapid.String().Draw(t, "code"),
			Key: rapid.String().Draw(t, "key"), Fallback: rapid.Bool().Draw(t, "fallback"),
		}
		said := any.Text()
		require.LessOrEqual(t, len(said), 160)
		require.Regexp(t, `^Room [A-Za-z0-9-]{1,12}: (HIGH|MEDIUM|LOW), code [A-Z0-9-]{1,24}\. (Fallback page\. )?The bedside monitor is the primary alarm\. Ref [A-Z2-7]{8}$`, said)
	})
}

// words returns what a TwiML document says, one text a Say.
func words(t require.TestingT, twiml string) []string {
	var document struct {
		XMLName xml.Name `xml:"Response"`
		Say     []string
	}
	require.NoError(t, xml.Unmarshal([]byte(twiml), &document))
	return document.Say
}

func TestACallSaysTheCodeTwice(t *testing.T) {
	for _, marked := range []bool{false, true} {
		one := page()
		one.Fallback = marked
		said := words(t, twiml(t, one))
		require.Len(t, said, 2)
		for _, words := range said {
			assert.Contains(t, words, "Room 3. Priority high. Code HR, LOW.")
			assert.Contains(t, words, "The bedside monitor is the primary alarm.")
			assert.Equal(t, marked, strings.Contains(words, "Fallback page."))
		}
	}
}
