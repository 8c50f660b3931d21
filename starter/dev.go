package main

import (
	"github.com/spf13/cobra"

	"guestjourney/starter/dev"
)

// newDev returns the command that runs the whole house on one machine.
func newDev() *cobra.Command { return dev.NewCommand() }
