package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"guestjourney/internal/codec"
	"guestjourney/internal/config"
)

type codecSettings struct {
	config.PayloadKeys
	Addr  string `env:"CODEC_ADDR" envDefault:"127.0.0.1:8234"`
	Token string `env:"CODEC_TOKEN,required,notEmpty" help:"it is a part of the endpoint's path: openssl rand -hex 16"`
	// InContainer lets it listen on every address of a container: a loopback
	// address there cannot be published. What publishes it keeps the rule.
	InContainer bool     `env:"CODEC_IN_CONTAINER" help:"true takes 0.0.0.0 in CODEC_ADDR; for a container whose port is published on the machine's loopback address only"`
	Origins     []string `env:"CODEC_UI_ORIGIN" envDefault:"http://127.0.0.1:8233,http://localhost:8233"`
}

var codecToken = regexp.MustCompile(`^[A-Za-z0-9_-]{16,128}$`)

func (s codecSettings) check() error {
	if !codecToken.MatchString(s.Token) {
		return config.Invalid("CODEC_TOKEN", "want 16 to 128 letters, digits, '_' or '-'")
	}
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil {
		return config.Invalid("CODEC_ADDR", "want host:port")
	}
	// It hands out what is encrypted everywhere else, so no other machine may
	// reach it. A name could change its meaning; localhost alone is taken.
	address := net.ParseIP(host)
	if s.InContainer && address.IsUnspecified() {
		return nil
	}
	if host != "localhost" && (address == nil || !address.IsLoopback()) {
		return config.Invalid("CODEC_ADDR", "want a loopback address such as 127.0.0.1:8234; put an authenticating proxy before it to serve others")
	}
	return nil
}

// shownToken is for a terminal. What a container prints is kept in its logs.
func (s codecSettings) shownToken() string {
	if s.InContainer {
		return "<CODEC_TOKEN>"
	}
	return s.Token
}

func codecCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "codec",
		Short: "Serve the codec, so that the Temporal UI encrypts what you paste and shows what is stored",
		Long: "Listens on CODEC_ADDR (loopback only). Give the UI the printed endpoint, or start the dev server with\n" +
			"--ui-codec-endpoint. The token is in the path because the UI sends no Authorization over http.\n" +
			"In a container set CODEC_IN_CONTAINER=true and CODEC_ADDR=0.0.0.0:8234, and publish the port on 127.0.0.1 only.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			set, err := config.Load[codecSettings]()
			if err != nil {
				return err
			}
			if err := set.check(); err != nil {
				return err
			}
			return serveCodec(command.Context(), command, set)
		},
	}
}

func serveCodec(ctx context.Context, command *cobra.Command, set codecSettings) error {
	sealing, err := codec.New(set.Ring())
	if err != nil {
		return err
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", set.Addr)
	if err != nil {
		return fmt.Errorf("codec server cannot listen, CODEC_ADDR moves it: %w", err)
	}
	server := &http.Server{
		Handler:           newCodecHandler(sealing, set.Token, set.Origins),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	if _, err := fmt.Fprintf(command.OutOrStdout(), "codec endpoint http://%s/%s\n", listener.Addr(), set.shownToken()); err != nil {
		return errors.Join(err, listener.Close())
	}
	stopped := make(chan error, 1)
	go func() { stopped <- server.Serve(listener) }()
	select {
	case err := <-stopped:
		return fmt.Errorf("codec server: %w", err)
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ending); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("codec server did not stop cleanly: %w", err)
	}
	return nil
}
