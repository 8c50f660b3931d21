package hubspot

import (
	"fmt"
	"net/url"
	"regexp"
)

// paths knows where an API version keeps things. Version v3 is supported until
// September 2027; the dated versions moved every path.
type paths struct{ version string }

var dated = regexp.MustCompile(`^\d{4}-\d{2}$`)

func newPaths(version string) (paths, error) {
	if version == "" {
		version = "v3"
	}
	if version != "v3" && !dated.MatchString(version) {
		return paths{}, fmt.Errorf("hubspot: API version %q is neither v3 nor a dated one like 2026-09", version)
	}
	return paths{version: version}, nil
}

func (p paths) objects(object string) string {
	if p.version == "v3" {
		return "/crm/v3/objects/" + object
	}
	return "/crm/objects/" + p.version + "/" + object
}

func (p paths) object(object, id string) string {
	return p.objects(object) + "/" + url.PathEscape(id)
}

func (p paths) upsert(object string) string { return p.objects(object) + "/batch/upsert" }
