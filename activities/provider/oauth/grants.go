package oauth

import (
	"context"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/oauth2/jwt"
)

// Grant asks for a token with one request, through the HTTP client in the context
// (oauth2.HTTPClient). refresh is the refresh token of the last answer, if it had
// one.
type Grant func(ctx context.Context, refresh string) (*oauth2.Token, error)

// JWTBearer signs with the key of a service account (RFC 7523).
func JWTBearer(account *jwt.Config) Grant {
	return func(ctx context.Context, _ string) (*oauth2.Token, error) { return account.TokenSource(ctx).Token() }
}

// ClientCredentials shows an ID and a secret (RFC 6749, 4.4). The configuration
// names its AuthStyle: finding it out is a second request, which is refused.
func ClientCredentials(config *clientcredentials.Config) Grant {
	return func(ctx context.Context, _ string) (*oauth2.Token, error) { return config.Token(ctx) }
}

// RefreshToken shows a refresh token (RFC 6749, 6): at first the given one, which
// a person has got by signing in, then the one of the last answer. The
// configuration's endpoint names its AuthStyle, for the reason above.
func RefreshToken(config *oauth2.Config, first string) Grant {
	return func(ctx context.Context, refresh string) (*oauth2.Token, error) {
		if refresh == "" {
			refresh = first
		}
		return config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	}
}
