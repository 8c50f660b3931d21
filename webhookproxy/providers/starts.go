package providers

import "guestjourney/workflows/profile"

// StartSettings say which new contacts of HubSpot start a journey. They are
// embedded by the settings of every program that reads its events.
type StartSettings struct {
	StartForms    []string `env:"HUBSPOT_START_FORMS"`
	StartSources  []string `env:"HUBSPOT_START_SOURCES"`
	StartProgram  string   `env:"HUBSPOT_START_PROGRAM"`
	StartsPerHour int      `env:"HUBSPOT_STARTS_PER_HOUR" envDefault:"20"`
}

// Rules returns the rules for new contacts; nil if none can start a journey.
func (s StartSettings) Rules() *profile.StartRules {
	if len(s.StartForms) == 0 && len(s.StartSources) == 0 {
		return nil
	}
	return &profile.StartRules{Forms: s.StartForms, Sources: s.StartSources, Program: s.StartProgram, PerHour: s.StartsPerHour}
}
