//go:build !linux

package dev

import "syscall"

// processAttributes: a group of its own. Only Linux can end a child when its
// parent is killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true}
}
