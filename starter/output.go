package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

func addOutput(command *cobra.Command) {
	command.Flags().StringP("output", "o", "text", `"text" or "json"`)
}

// asJSON says which output was asked for.
func asJSON(command *cobra.Command) (bool, error) {
	output, err := command.Flags().GetString("output")
	if err != nil {
		return false, err
	}
	if output != "text" && output != "json" {
		return false, usagef(`--output: want "text" or "json", not %q`, output)
	}
	return output == "json", nil
}

// show prints a value as the flag --output asks: JSON, or text made by the
// caller; a nil text is the value laid out in lines.
func show(command *cobra.Command, value any, text func(io.Writer) error) error {
	machine, err := asJSON(command)
	if err != nil {
		return err
	}
	data, err := readable(value)
	if err != nil {
		return err
	}
	out := command.OutOrStdout()
	switch {
	case machine:
		_, err = fmt.Fprintln(out, string(data))
		return err
	case text != nil:
		return text(out)
	}
	return layOut(out, data)
}

// readable is a value as JSON that a person can read and copy from: "<" stays.
func readable(value any) ([]byte, error) {
	var data bytes.Buffer
	encoder := json.NewEncoder(&data)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return nil, fmt.Errorf("answer cannot be written as JSON: %w", err)
	}
	return bytes.TrimSpace(data.Bytes()), nil
}

// layOut writes JSON as indented lines in the order of its fields. JSON is
// YAML, so only the style changes.
func layOut(out io.Writer, data []byte) error {
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return fmt.Errorf("answer cannot be laid out: %w", err)
	}
	blockStyle(&document)
	encoder := yaml.NewEncoder(out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&document); err != nil {
		return fmt.Errorf("answer cannot be laid out: %w", err)
	}
	return encoder.Close()
}

func blockStyle(node *yaml.Node) {
	node.Style = 0
	for _, child := range node.Content {
		blockStyle(child)
	}
}

// inColumns prints lines of tab-separated cells.
func inColumns(out io.Writer, text string) error {
	columns := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	if _, err := io.WriteString(columns, text); err != nil {
		return err
	}
	return columns.Flush()
}
