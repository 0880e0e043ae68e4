package secretsmanager

import (
	"context"
	"crypto/rand"
	"math/big"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// What passwords are made of (GetRandomPassword, API reference).
const (
	lowercase   = "abcdefghijklmnopqrstuvwxyz"
	uppercase   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits      = "0123456789"
	punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

	usualLength     = 32
	longestPassword = 4096
)

// recipe says what a password is made of, as the API and AWS::SecretsManager::Secret write it.
type recipe struct {
	PasswordLength          *int   `json:"PasswordLength"`
	ExcludeCharacters       string `json:"ExcludeCharacters"`
	ExcludeNumbers          bool   `json:"ExcludeNumbers"`
	ExcludePunctuation      bool   `json:"ExcludePunctuation"`
	ExcludeUppercase        bool   `json:"ExcludeUppercase"`
	ExcludeLowercase        bool   `json:"ExcludeLowercase"`
	IncludeSpace            bool   `json:"IncludeSpace"`
	RequireEachIncludedType *bool  `json:"RequireEachIncludedType"`
}

type randomPasswordOutput struct {
	RandomPassword string `json:"RandomPassword"`
}

func (s *Service) getRandomPassword(_ context.Context, _ *wire.Call, in *recipe) (*randomPasswordOutput, error) {
	made, err := in.password()
	if err != nil {
		return nil, err
	}
	return &randomPasswordOutput{RandomPassword: made}, nil
}

// RandomPassword returns length random characters other than the excluded ones.
func RandomPassword(length int, excluded string) (string, error) {
	return (&recipe{PasswordLength: &length, ExcludeCharacters: excluded}).password()
}

func (r *recipe) password() (string, error) {
	length := usualLength
	if r.PasswordLength != nil {
		length = *r.PasswordLength
	}
	if length < 1 || length > longestPassword {
		return "", errParameter("Invalid PasswordLength: it must be between 1 and 4096.") // believed
	}
	types := r.types()
	if len(types) == 0 {
		return "", errParameter("The password can't be generated because all characters are excluded.") // believed
	}
	requireEach := r.RequireEachIncludedType == nil || *r.RequireEachIncludedType
	if requireEach && len(types) > length {
		return "", errParameter("The password length is too short for the required character types.") // believed
	}
	password := make([]byte, 0, length)
	if requireEach {
		for _, letters := range types {
			password = append(password, letters[below(len(letters))])
		}
	}
	all := strings.Join(types, "")
	for len(password) < length {
		password = append(password, all[below(len(all))])
	}
	for i := range password { // the required ones must not all stand first
		j := i + below(len(password)-i)
		password[i], password[j] = password[j], password[i]
	}
	return string(password), nil
}

// types returns the letters of each kind that the password may have.
func (r *recipe) types() []string {
	var types []string
	for _, kind := range []struct {
		letters  string
		excluded bool
	}{
		{lowercase, r.ExcludeLowercase},
		{uppercase, r.ExcludeUppercase},
		{digits, r.ExcludeNumbers},
		{punctuation, r.ExcludePunctuation},
		{" ", !r.IncludeSpace},
	} {
		allowed := strings.Map(func(letter rune) rune {
			if strings.ContainsRune(r.ExcludeCharacters, letter) {
				return -1
			}
			return letter
		}, kind.letters)
		if !kind.excluded && allowed != "" {
			types = append(types, allowed)
		}
	}
	return types
}

// below returns a random number from 0 to limit-1.
func below(limit int) int {
	number, err := rand.Int(rand.Reader, big.NewInt(int64(limit)))
	if err != nil {
		panic(err) // crypto/rand never fails on a system that works
	}
	return int(number.Int64())
}
