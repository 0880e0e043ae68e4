package login

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// keys are what a gate signs and seals with.
type keys struct {
	id     string
	signer *ecdsa.PrivateKey
	secret []byte
	seal   cipher.AEAD
}

// Kept are the keys of a gate, in plain form.
type Kept struct {
	ID             string
	Signer, Secret []byte // DER of SEC 1; bytes
}

const secretSize = 32

func newKeys() (*keys, error) {
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	secret := make([]byte, secretSize)
	_, _ = rand.Read(secret) // which does not fail
	return keysOf(uuid.NewString(), signer, secret)
}

func keysOf(id string, signer *ecdsa.PrivateKey, secret []byte) (*keys, error) {
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("taking up a secret: %w", err)
	}
	sealed, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("taking up a secret: %w", err)
	}
	return &keys{id: id, signer: signer, secret: secret, seal: sealed}, nil
}

// Keep returns the keys, or nil if nobody has needed them yet.
func (g *Gate) Keep() (*Kept, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.made == nil {
		return nil, nil //nolint:nilnil // there is nothing to keep
	}
	signer, err := x509.MarshalECPrivateKey(g.made.signer)
	if err != nil {
		return nil, fmt.Errorf("writing a key: %w", err)
	}
	return &Kept{g.made.id, signer, g.made.secret}, nil
}

// Restore takes up keys that Keep returned, so that sessions go on.
func (g *Gate) Restore(from *Kept) error {
	if from == nil {
		return nil
	}
	signer, err := x509.ParseECPrivateKey(from.Signer)
	if err != nil {
		return fmt.Errorf("reading a key: %w", err)
	}
	made, err := keysOf(from.ID, signer, from.Secret)
	if err != nil {
		return err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.made = made
	return nil
}

func (g *Gate) keys() (*keys, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var err error
	if g.made == nil {
		g.made, err = newKeys()
	}
	return g.made, err
}

// PublicKey returns the key, in PEM, that verifies what is signed with a key id; false if there is none.
func (g *Gate) PublicKey(id string) ([]byte, bool) {
	made, err := g.keys()
	if err != nil || made.id != id {
		return nil, false
	}
	der, err := x509.MarshalPKIXPublicKey(made.signer.Public())
	if err != nil {
		return nil, false
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), true
}

// close writes a value so that only this gate can read it, for one purpose.
func (k *keys) close(purpose string, value any) (string, error) {
	plain, err := json.Marshal(value)
	if err != nil {
		return "", fmt.Errorf("sealing: %w", err)
	}
	nonce := make([]byte, k.seal.NonceSize())
	_, _ = rand.Read(nonce) // which does not fail
	return base64.StdEncoding.EncodeToString(k.seal.Seal(nonce, nonce, plain, []byte(purpose))), nil
}

var errSeal = errors.New("not sealed here")

// open reads what close wrote for the same purpose.
func (k *keys) open(purpose, text string, into any) error {
	sealed, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(sealed) < k.seal.NonceSize() {
		return errSeal
	}
	size := k.seal.NonceSize()
	plain, err := k.seal.Open(nil, sealed[:size], sealed[size:], []byte(purpose))
	if err != nil {
		return errSeal
	}
	if err := json.Unmarshal(plain, into); err != nil {
		return fmt.Errorf("reading what was sealed: %w", err)
	}
	return nil
}
