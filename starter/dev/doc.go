// Package dev runs the whole house on one machine: a Temporal dev server, the
// codec server, the sandbox in place of every provider, the worker and the
// webhook proxy; then it plays the example journey's guest.
//
// Called by `starter dev run` (make run) and `starter dev demo` (make demo),
// and in a child process of its own by `starter dev sandbox`. It owns the
// folder ./.data and the processes that it starts. It promises that a busy
// port, a missing program or a service that dies is one clear line, that the
// demo succeeds only after the sandbox's journal and the workflow's result
// agree with the scenario file, and that nothing is left behind when it ends.
package dev
