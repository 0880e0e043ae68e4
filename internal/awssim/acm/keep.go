package acm

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/state"
)

var _ state.Keeper = (*Service)(nil)

// kept is the service as a state file has it: with the authority, so that who trusts it need not learn anew.
type kept struct {
	Root, RootKey []byte // DER and PKCS #8
	Certificates  []keptCertificate
}

type keptCertificate struct {
	resource.Place

	ARN                      string
	Names                    []string
	Imported                 bool
	Status, Algorithm, Token string
	Options, Tags            map[string]string
	Created, Issued          time.Time
	Valid                    map[string]bool
	Key                      []byte   // PKCS #8; empty while there is none
	Chain                    [][]byte // DER; the certificate itself first
}

// Keep returns all certificates and their keys in plain form, as everything in a state file.
func (s *Service) Keep() ([]byte, error) {
	issuer, err := s.authority()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	all := kept{Root: issuer.root.Raw}
	if all.RootKey, err = x509.MarshalPKCS8PrivateKey(issuer.key); err != nil {
		return nil, fmt.Errorf("writing the authority's key: %w", err)
	}
	for _, c := range s.certificates {
		one := keptCertificate{
			Place: c.place, ARN: c.arn, Names: c.names, Imported: c.imported, Status: c.status, Algorithm: c.algorithm,
			Token: c.token, Options: c.options, Tags: c.tags, Created: c.created, Issued: c.issued, Valid: c.valid,
		}
		if c.leaf != nil {
			if one.Key, err = x509.MarshalPKCS8PrivateKey(c.key); err != nil {
				return nil, fmt.Errorf("writing the key of %s: %w", c.arn, err)
			}
			for _, link := range append([]*x509.Certificate{c.leaf}, c.chain...) {
				one.Chain = append(one.Chain, link.Raw)
			}
		}
		all.Certificates = append(all.Certificates, one)
	}
	return state.Write(all)
}

// Restore takes up the authority and the certificates that Keep returned.
func (s *Service) Restore(content json.RawMessage) error {
	var all kept
	if err := state.Read(content, &all); err != nil {
		return err
	}
	root, err := x509.ParseCertificate(all.Root)
	if err != nil {
		return fmt.Errorf("reading the authority's certificate: %w", err)
	}
	key, err := readKey(all.RootKey)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.authority = func() (*authority, error) { return &authority{root: root, key: key}, nil }
	for i := range all.Certificates {
		made, err := all.Certificates[i].restore()
		if err != nil {
			return err
		}
		s.certificates[made.arn] = made
	}
	return nil
}

func (c *keptCertificate) restore() (*certificate, error) {
	made := &certificate{
		arn: c.ARN, place: c.Place, names: c.Names, imported: c.Imported, status: c.Status, algorithm: c.Algorithm, token: c.Token,
		options: c.Options, tags: c.Tags, created: c.Created, issued: c.Issued, valid: c.Valid,
	}
	if made.valid == nil {
		made.valid = make(map[string]bool)
	}
	for i, der := range c.Chain {
		link, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("reading the certificate %s: %w", c.ARN, err)
		}
		if i == 0 {
			made.leaf = link
			continue
		}
		made.chain = append(made.chain, link)
	}
	if made.leaf == nil {
		return made, nil
	}
	var err error
	made.key, err = readKey(c.Key)
	return made, err
}

func readKey(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("a private key of type %T cannot sign", key)
	}
	return signer, nil
}
