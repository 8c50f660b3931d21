package deployment

import (
	"maps"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/template"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// own are the services that run our image.
var own = []string{"setup", "codec", "worker", "proxy", "telemetry", "starter"}

// asWritten is the file before anything is filled in.
func asWritten(t *testing.T) map[string]any {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(Root(t), composeFile)}, cli.WithInterpolation(false), cli.WithProfiles([]string{"*"}))
	require.NoError(t, err)
	model, err := options.LoadModel(t.Context())
	require.NoError(t, err)
	return model
}

var secret = regexp.MustCompile(`PASSWORD|PWD|SECRET|TOKEN|KEY|CREDENTIALS|_SID`)

func TestSecretsComeFromTheEnvFile(t *testing.T) {
	fromOutside := regexp.MustCompile(`^\$\{[A-Z_]+:\?[^}]+\}$`)
	found := 0
	for service, about := range asWritten(t)["services"].(map[string]any) {
		environment, _ := about.(map[string]any)["environment"].(map[string]any)
		for name, value := range environment {
			if !secret.MatchString(name) || strings.HasSuffix(name, "_FILE") { // the place of a mounted file
				continue
			}
			found++
			if value == nil { // passed on as it is there
				continue
			}
			assert.Regexp(t, fromOutside, value, "%s of %s", name, service)
		}
	}
	assert.Greater(t, found, 20)
	// A made-up secret appears where it was filled in, and nowhere in the file.
	text, err := os.ReadFile(filepath.Join(Root(t), composeFile))
	require.NoError(t, err)
	assert.NotRegexp(t, `(?i)(password|secret|token|key)\s*[:=]\s*"?[a-z0-9+/]{8,}`, string(text))
}

func TestAMissingVariableIsNamedWithItsMeaning(t *testing.T) {
	for name, variable := range template.ExtractVariables(asWritten(t), nil) {
		if !variable.Required {
			continue
		}
		for _, empty := range []bool{false, true} {
			variables := Example()
			delete(variables, name)
			if empty {
				variables[name] = ""
			}
			_, err := load(t, variables)
			require.ErrorContains(t, err, "required variable "+name+" is missing a value: ", name)
		}
	}
}

// TestTheExampleListsEveryVariable: what is required stands without a value,
// what has a default is commented out.
func TestTheExampleListsEveryVariable(t *testing.T) {
	required, optional := []string{}, []string{}
	for name, variable := range template.ExtractVariables(asWritten(t), nil) {
		if variable.Required {
			required = append(required, name)
		} else {
			optional = append(optional, name)
		}
	}
	for _, service := range asWritten(t)["services"].(map[string]any) {
		environment, _ := service.(map[string]any)["environment"].(map[string]any)
		for name, value := range environment {
			if value == nil {
				optional = append(optional, name)
			}
		}
	}
	slices.Sort(optional) // what two services share is listed once
	optional = slices.Compact(optional)
	text, err := os.ReadFile(filepath.Join(Root(t), "compose.env.example"))
	require.NoError(t, err)
	listed := func(pattern string) (names []string) {
		for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			names = append(names, match[1])
		}
		return names
	}
	assert.ElementsMatch(t, required, listed(`(?m)^([A-Z0-9_]+)=$`))
	assert.ElementsMatch(t, optional, listed(`(?m)^#([A-Z0-9_]+)=`))
	assert.ElementsMatch(t, required, slices.Collect(maps.Keys(Example())), "the made-up values of the tests")
}

func TestPortsAreThosePublishedAndAsked(t *testing.T) {
	project := Load(t, Example())
	for name, service := range project.Services {
		for _, port := range service.Ports {
			assert.Equal(t, "127.0.0.1", port.HostIP, "%s: nothing is open to other machines", name)
		}
	}
	for service, variable := range map[string]string{"codec": "CODEC_ADDR", "worker": "METRICS_ADDR", "proxy": "PROXY_ADDR", "telemetry": "TELEMETRY_ADDRESS"} {
		host, port, err := net.SplitHostPort(Environment(t, project, service)[variable])
		require.NoError(t, err, service)
		assert.Equal(t, "0.0.0.0", host, "%s is reached from outside its container", service)
		test := project.Services[service].HealthCheck.Test
		asked, err := url.Parse(test[len(test)-1])
		require.NoError(t, err)
		assert.Equal(t, net.JoinHostPort("127.0.0.1", port), asked.Host, "%s's health is asked where it listens", service)
	}
	for service, want := range map[string]string{"codec": "CODEC_ADDR", "proxy": "PROXY_ADDR"} {
		_, port, _ := net.SplitHostPort(Environment(t, project, service)[want])
		assert.Equal(t, port, target(t, project, service), service)
	}
	for i, want := range []string{"TELEMETRY_ADDRESS", "STAFF_ADDRESS"} {
		_, port, _ := net.SplitHostPort(Environment(t, project, "telemetry")[want])
		assert.Equal(t, port, strconv.Itoa(int(project.Services["telemetry"].Ports[i].Target)), want)
	}
	assert.Equal(t, Environment(t, project, "ui")["TEMPORAL_UI_PORT"], target(t, project, "ui"))
	for _, service := range []string{"setup", "worker", "proxy", "telemetry", "starter", "ui"} {
		assert.Equal(t, "temporal:"+target(t, project, "temporal"), Environment(t, project, service)["TEMPORAL_ADDRESS"], service)
	}
	assert.Equal(t, Environment(t, project, "schema")["SQL_PORT"], Environment(t, project, "temporal")["DB_PORT"])
}

// target is the one port of a service's container that is published.
func target(t *testing.T, project *types.Project, service string) string {
	t.Helper()
	require.Len(t, project.Services[service].Ports, 1, service)
	return strconv.Itoa(int(project.Services[service].Ports[0].Target))
}

// published is where a browser on this machine finds a service.
func published(t *testing.T, project *types.Project, service string) string {
	t.Helper()
	require.Len(t, project.Services[service].Ports, 1, service)
	return "http://" + net.JoinHostPort(project.Services[service].Ports[0].HostIP, project.Services[service].Ports[0].Published)
}

// TestTheBrowserReachesTheCodec: the UI hands the browser the published
// endpoint, and the codec lets the published UI ask.
func TestTheBrowserReachesTheCodec(t *testing.T) {
	project := Load(t, Example())
	ui := Environment(t, project, "ui")
	assert.Equal(t, published(t, project, "codec")+"/"+Example()["CODEC_TOKEN"], ui["TEMPORAL_CODEC_ENDPOINT"])
	origins := strings.Split(Environment(t, project, "codec")["CODEC_UI_ORIGIN"], ",")
	assert.Contains(t, origins, published(t, project, "ui"))
	assert.Equal(t, ui["TEMPORAL_CORS_ORIGINS"], strings.Join(origins, ","))
	assert.Equal(t, published(t, project, "ui"), Environment(t, project, "starter")["TEMPORAL_UI_URL"])
	for name, service := range project.Services {
		_, shares := service.Networks["codec"]
		assert.Equal(t, name == "codec", shares, "%s and the codec server", name)
	}
}

func TestStepsRunInOrder(t *testing.T) {
	project := Load(t, Example())
	healthy, completed := types.ServiceConditionHealthy, types.ServiceConditionCompletedSuccessfully
	want := map[string]map[string]string{
		"postgresql": {},
		"schema":     {"postgresql": healthy},
		"temporal":   {"postgresql": healthy, "schema": completed},
		"setup":      {"temporal": healthy},
		"ui":         {"setup": completed},
		"worker":     {"setup": completed},
		"proxy":      {"setup": completed},
		"codec":      {},
		"telemetry":  {}, // it pages without Temporal too
		"starter":    {},
	}
	ends := []string{"schema", "setup"} // by themselves
	for name, service := range project.Services {
		found := map[string]string{}
		for on, dependency := range service.DependsOn {
			found[on] = dependency.Condition
			if dependency.Condition == healthy {
				assert.NotNil(t, project.Services[on].HealthCheck, "%s waits for the health of %s", name, on)
			} else {
				assert.Contains(t, ends, on, "%s waits for the end of %s", name, on)
			}
		}
		assert.Equal(t, want[name], found, name)
		if slices.Contains(ends, name) || name == "starter" {
			assert.Empty(t, service.Restart, "%s ends", name)
		} else {
			assert.Equal(t, "unless-stopped", service.Restart, name)
		}
	}
	assert.Len(t, project.Services, len(want))
}

// inImages are the programs that a service's command or health check may call:
// the postgres image is PostgreSQL's own; Temporal's two are Alpine with the
// tools in /usr/local/bin, and Alpine's busybox brings sh and nc.
var inImages = map[string][]string{
	"postgres:16":                   {"pg_isready"},
	"temporalio/server:1.31.0":      {"nc"},
	"temporalio/admin-tools:1.31.0": {"sh", "temporal-sql-tool"},
	"temporalio/ui:2.49.1":          {},
}

func TestWhatIsCalledIsInTheImage(t *testing.T) {
	image := dockerfile(t)
	for name, service := range Load(t, Example()).Services {
		there := inImages[service.Image]
		if slices.Contains(own, name) {
			there = image.programs()
			entrypoint := append(slices.Clone([]string(service.Entrypoint)), image.entrypoint(t)...)[0]
			assert.Contains(t, there, entrypoint, name)
		} else {
			require.NotNil(t, there, "%s: image %s is not the one that was looked into", name, service.Image)
			if len(service.Command) > 0 {
				assert.Contains(t, there, service.Command[0], name)
			}
		}
		if check := service.HealthCheck; check != nil {
			require.Equal(t, "CMD", check.Test[0], "%s: there need not be a shell", name)
			assert.Contains(t, there, check.Test[1], name)
		}
	}
	tool, err := os.ReadFile(filepath.Join(Root(t), "deployment", "schema.sh"))
	require.NoError(t, err)
	assert.Contains(t, string(tool), inImages["temporalio/admin-tools:1.31.0"][1])
}

func TestOurContainersMayDoLittle(t *testing.T) {
	project := Load(t, Example())
	for _, name := range own {
		service := project.Services[name]
		assert.True(t, service.ReadOnly, name)
		assert.Equal(t, []string{"ALL"}, service.CapDrop, name)
		assert.Equal(t, []string{"no-new-privileges:true"}, service.SecurityOpt, name)
		assert.Equal(t, Root(t), service.Build.Context, name)
		assert.Equal(t, project.Services["worker"].Image, service.Image, "one image")
		assert.Empty(t, service.User, "%s: the image's own user is nobody", name)
		_, database := service.Networks["database"]
		assert.False(t, database, "%s has no business in the database", name)
	}
	assert.Equal(t, "4", Environment(t, project, "temporal")["NUM_HISTORY_SHARDS"], "it can never change")
}

func TestMountedFilesAreThere(t *testing.T) {
	project := Load(t, Example())
	mounted := 0
	for name, service := range project.Services {
		for _, volume := range service.Volumes {
			if volume.Type == types.VolumeTypeBind {
				mounted++
				assert.FileExists(t, firstFile(volume.Source), name)
				assert.True(t, volume.ReadOnly, "%s: %s", name, volume.Target)
			}
		}
	}
	assert.Equal(t, 5, mounted)
	temporal, worker := project.Services["temporal"], project.Services["worker"]
	assert.Equal(t, Environment(t, project, "temporal")["DYNAMIC_CONFIG_FILE_PATH"], temporal.Volumes[0].Target)
	assert.Equal(t, Environment(t, project, "worker")["PROGRAMS_DIR"], worker.Volumes[0].Target)
	assert.Equal(t, Environment(t, project, "worker")["GOOGLE_CREDENTIALS_FILE"], "/run/secrets/"+worker.Secrets[0].Source)
}

// firstFile is the file itself, or a program of the folder.
func firstFile(path string) string {
	if programs, _ := filepath.Glob(filepath.Join(path, "*.json")); len(programs) > 0 {
		return programs[0]
	}
	return path
}
