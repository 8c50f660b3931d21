// Command generate packs a machine's compiled time zone files and their
// release into the archive that package zonedata embeds.
//
// Run by hand through `go generate`; the archive is the same for the same
// files, so that a change of it is a change of zone data.
package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// magic opens every compiled zone file (RFC 8536).
const magic = "TZif"

func main() {
	from := flag.String("from", "/usr/share/zoneinfo", "directory with compiled zone files and tzdata.zi")
	to := flag.String("to", "zoneinfo.zip", "archive to write")
	flag.Parse()
	if err := generate(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func generate(from, to string) error {
	release, err := release(filepath.Join(from, "tzdata.zi"))
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	writer := zip.NewWriter(&packed)
	if err := add(writer, "VERSION", []byte(release+"\n")); err != nil {
		return err
	}
	if err := addZones(writer, from); err != nil {
		return err
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("close the archive: %w", err)
	}
	return os.WriteFile(to, packed.Bytes(), 0o644)
}

// release reads the first line of tzdata.zi: "# version 2026f".
func release(path string) (string, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the release: %w", err)
	}
	line, _, _ := strings.Cut(string(data), "\n")
	name, ok := strings.CutPrefix(line, "# version ")
	if !ok {
		return "", errors.New("tzdata.zi does not start with its version")
	}
	return strings.TrimSpace(name), nil
}

// addZones adds the files in the order of their names. The trees "posix" and
// "right" repeat every zone, without and with leap seconds.
func addZones(writer *zip.Writer, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, from+string(filepath.Separator)))
		if entry.IsDir() {
			if name == "posix" || name == "right" {
				return filepath.SkipDir
			}
			return nil
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // a dangling link
		}
		if err != nil {
			return err
		}
		if name == "localtime" || name == "posixrules" || !bytes.HasPrefix(data, []byte(magic)) {
			return nil // the machine's own zone, or a table
		}
		return add(writer, name, data)
	})
}

func add(writer *zip.Writer, name string, data []byte) error {
	file, err := writer.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
	if err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	if _, err := file.Write(data); err != nil {
		return fmt.Errorf("add %s: %w", name, err)
	}
	return nil
}
