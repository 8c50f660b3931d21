// Package zonedata is the project's own copy of the IANA time zone database.
//
// Called by the timetable, which computes instants, and by the catalogue,
// which checks zone names. It owns the embedded files and promises that every
// worker of one build computes with the same zone data, whatever its machine
// has installed, and that the data's version is known: time.LoadLocation
// prefers the machine's files, and neither it nor time/tzdata tells a version.
//
// To take a newer release, install the system's tzdata package and run
// `go generate ./activities/timetable/zonedata`. The database is in the public
// domain.
package zonedata

//go:generate go run ./generate -from /usr/share/zoneinfo -to zoneinfo.zip

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// versionFile is the archive's entry that holds the release, such as "2026f".
const versionFile = "VERSION"

//go:embed zoneinfo.zip
var archive []byte

// opened reads the archive's directory once. A broken archive is a broken
// build, which a test finds.
var opened = sync.OnceValue(func() *zip.Reader {
	reader, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic("zonedata: the embedded archive cannot be read: " + err.Error())
	}
	return reader
})

var version = sync.OnceValue(func() string {
	data, err := read(versionFile)
	if err != nil {
		panic("zonedata: the embedded archive has no version: " + err.Error())
	}
	return strings.TrimSpace(string(data))
})

var locations sync.Map // name -> *time.Location

// Version is the release of the embedded database, such as "2026f".
func Version() string { return version() }

// Load returns a zone by its IANA name, such as "America/Mexico_City". The
// empty name and "Local" are refused: they would mean the machine's zone.
func Load(name string) (*time.Location, error) {
	if known, ok := locations.Load(name); ok {
		return known.(*time.Location), nil
	}
	data, err := read(name)
	if err != nil || name == versionFile {
		return nil, fmt.Errorf("not a zone of the IANA database (%s); want a name such as \"America/Mexico_City\"", Version())
	}
	location, err := time.LoadLocationFromTZData(name, data)
	if err != nil {
		return nil, fmt.Errorf("the zone's embedded data cannot be read: %w", err)
	}
	locations.Store(name, location)
	return location, nil
}

func read(name string) ([]byte, error) {
	file, err := opened().Open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	return data, err
}
