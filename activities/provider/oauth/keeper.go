package oauth

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"guestjourney/internal/codec"
)

// Keeper keeps tokens over a restart.
type Keeper interface {
	// Load returns the account's token, the zero Token if there is none.
	Load(account string) (Token, error)
	// Save replaces it.
	Save(account string, token Token) error
}

// boundTo is sealed with a token, and the account with it: a file that was copied
// from another account's is not taken.
const boundTo = "oauth-token"

// Folder is a Keeper of one sealed file for each account, which only its owner
// may read. Processes do not share one.
type Folder struct {
	path  string
	codec *codec.Codec
}

// NewFolder returns a Keeper in a folder, which is made when it is needed. The
// codec must return errors, not panic.
func NewFolder(path string, sealing *codec.Codec) *Folder {
	return &Folder{path: path, codec: sealing}
}

// Load opens the account's file.
func (f *Folder) Load(account string) (Token, error) {
	sealed, err := os.ReadFile(f.file(account))
	if errors.Is(err, fs.ErrNotExist) {
		return Token{}, nil
	}
	if err != nil {
		return Token{}, fmt.Errorf("read the kept token: %w", err)
	}
	plain, err := f.codec.OpenBytes(boundTo, []byte(account), sealed)
	if err != nil {
		return Token{}, fmt.Errorf("open the kept token %s: %w", f.file(account), err)
	}
	var token Token
	if err := json.Unmarshal(plain, &token); err != nil {
		return Token{}, fmt.Errorf("the kept token %s is of another version of this program", f.file(account))
	}
	return token, nil
}

// Save writes the file beside the old one and puts it in its place once it is on
// the disk, so that half of one is never read: a refresh token has no second copy.
func (f *Folder) Save(account string, token Token) error {
	plain, err := json.Marshal(token)
	if err != nil {
		return fmt.Errorf("write a token: %w", err)
	}
	sealed, err := f.codec.SealBytes(boundTo, []byte(account), plain)
	if err != nil {
		return fmt.Errorf("seal a token: %w", err)
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return fmt.Errorf("keep a token: %w", err)
	}
	beside, err := os.CreateTemp(f.path, "token-*") // readable for its owner only
	if err != nil {
		return fmt.Errorf("keep a token: %w", err)
	}
	if _, err = beside.Write(sealed); err == nil {
		err = beside.Sync()
	}
	if err = errors.Join(err, beside.Close()); err == nil {
		err = os.Rename(beside.Name(), f.file(account))
	}
	if err != nil {
		return errors.Join(fmt.Errorf("keep a token: %w", err), os.Remove(beside.Name()))
	}
	return nil
}

// file is named by a digest: an account may hold what no file name may.
func (f *Folder) file(account string) string {
	sum := sha256.Sum256([]byte(account))
	return filepath.Join(f.path, hex.EncodeToString(sum[:8])+".token")
}
