// Package acm is AWS Certificate Manager: certificates that are really issued, by an authority of the simulator, once the
// records that validate their names are in Route 53; and certificates that are imported.
//
// Behaviour and texts follow the user guide and the API reference of 2015-12-08.
package acm

import (
	"crypto"
	"crypto/md5" //nolint:gosec // the form of names, not a secret
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/clock"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// Records are the DNS records that prove who owns a name.
type Records interface {
	// CNAME returns what a name is an alias of; false if it is none.
	CNAME(account, name string) (string, bool)
	// SetCNAME makes a name an alias in a hosted zone.
	SetCNAME(account, zoneID, name, value string) error
}

// Deps are what the service works with.
type Deps struct {
	Clock   clock.Clock
	Records Records
	// Users returns the ARNs of what uses a certificate; nil if nothing can.
	Users func(arn string) []string
}

// Service is the certificates of all accounts and regions.
type Service struct {
	Deps

	authority func() (*authority, error)

	mu           sync.Mutex
	certificates map[string]*certificate // by ARN
}

// States of certificates and of their names.
const (
	statusPending  = "PENDING_VALIDATION"
	statusIssued   = "ISSUED"
	statusTimedOut = "VALIDATION_TIMED_OUT"
	statusExpired  = "EXPIRED"
	statusSuccess  = "SUCCESS"
	statusFailed   = "FAILED"
)

// patience is how long ACM waits for the records (user guide, "DNS validation").
const patience = 72 * time.Hour

// certificate is a certificate that was requested or imported.
type certificate struct {
	arn       string
	place     resource.Place
	names     []string // the first is the domain name
	imported  bool
	status    string
	algorithm string
	token     string
	options   map[string]string
	created   time.Time
	issued    time.Time
	key       crypto.Signer
	leaf      *x509.Certificate
	chain     []*x509.Certificate
	valid     map[string]bool // the names whose record was found
	tags      map[string]string
}

// New returns a service without certificates.
func New(deps Deps) *Service {
	return &Service{Deps: deps, authority: newAuthority(), certificates: make(map[string]*certificate)}
}

// RootPEM returns the certificate of the authority, for clients that are to trust what it issues.
func (s *Service) RootPEM() (string, error) {
	issuer, err := s.authority()
	if err != nil {
		return "", err
	}
	return encodeCertificates(issuer.root), nil
}

// Certificate returns a certificate and its key for a server; false if there is none, nil if it is not issued or no
// longer valid.
func (s *Service) Certificate(place resource.Place, arn string) (*tls.Certificate, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.certificates[arn]
	if !ok || found.place != place {
		return nil, false
	}
	if s.refresh(found); found.status != statusIssued {
		return nil, true
	}
	made := &tls.Certificate{Certificate: [][]byte{found.leaf.Raw}, PrivateKey: found.key, Leaf: found.leaf}
	for _, each := range found.chain {
		made.Certificate = append(made.Certificate, each.Raw)
	}
	return made, true
}

// request makes a certificate that waits for its validation. Call it locked.
func (s *Service) request(place resource.Place, names []string, algorithm string, tags map[string]string) *certificate {
	made := &certificate{
		arn: arnOf(place), place: place, names: names, status: statusPending, algorithm: algorithm, created: s.Clock.Now(),
		valid: make(map[string]bool), tags: tags,
	}
	s.certificates[made.arn] = made
	return made
}

func arnOf(place resource.Place) string {
	return fmt.Sprintf("arn:aws:acm:%s:%s:certificate/%s", place.Region, place.Account, uuid.NewString())
}

// refresh brings a certificate's state up to date: it is issued as soon as all of its records are there, given up when
// they are not there in time, and expires. Call it locked.
func (s *Service) refresh(c *certificate) {
	now := s.Clock.Now()
	if c.leaf != nil {
		if now.After(c.leaf.NotAfter) {
			c.status = statusExpired
		}
		return
	}
	if c.status != statusPending {
		return
	}
	all := true
	for _, name := range c.names {
		if !c.valid[name] {
			record := recordFor(c.place.Account, name)
			value, ok := s.Records.CNAME(c.place.Account, record.Name)
			c.valid[name] = ok && value == record.Value
		}
		all = all && c.valid[name]
	}
	switch {
	case all:
		s.issue(c, now)
	case s.Clock.Speed > 0 && now.Sub(c.created) > s.Clock.Scale(patience):
		c.status = statusTimedOut
	}
}

func (s *Service) issue(c *certificate, now time.Time) {
	issuer, err := s.authority()
	if err != nil {
		c.status = statusFailed
		return
	}
	if c.key, c.leaf, err = issuer.issue(c.names, c.algorithm, now); err != nil {
		c.status = statusFailed
		return
	}
	c.chain, c.status, c.issued = []*x509.Certificate{issuer.root}, statusIssued, now
}

// resourceRecord is the record that validates a name.
type resourceRecord struct{ Name, Type, Value string }

// recordFor returns the record for a name. It is the same for all certificates of an account, and for a name and its
// wildcard (user guide, "DNS validation").
func recordFor(account, name string) resourceRecord {
	name = strings.ToLower(strings.TrimPrefix(name, "*."))
	digest := func(purpose string) string {
		sum := md5.Sum([]byte(purpose + account + name)) //nolint:gosec // the form of names, not a secret
		return hex.EncodeToString(sum[:])
	}
	letters := []byte(digest("zone"))
	for i := range letters {
		letters[i] = 'a' + letters[i]%26 //nolint:mnd // letters
	}
	const length = 10
	return resourceRecord{
		Name: "_" + digest("name") + "." + name + ".", Type: "CNAME",
		Value: "_" + digest("value") + "." + string(letters[:length]) + ".acm-validations.aws.",
	}
}

// find returns a certificate of a place, up to date. Call it locked.
func (s *Service) find(place resource.Place, arn string) (*certificate, error) {
	if !strings.HasPrefix(arn, "arn:") || !strings.Contains(arn, ":certificate/") {
		return nil, wire.Errorf("InvalidArnException", "The certificate ARN '%s' is not valid.", arn)
	}
	found, ok := s.certificates[arn]
	if !ok || found.place != place {
		return nil, wire.Errorf("ResourceNotFoundException", "Could not find certificate %s.", arn)
	}
	s.refresh(found)
	return found, nil
}

// usersOf returns what uses a certificate. Call it unlocked: those who use certificates ask for them.
func (s *Service) usersOf(arn string) []string {
	if s.Users == nil {
		return nil
	}
	return s.Users(arn)
}

// remove deletes a certificate that nothing uses.
func (s *Service) remove(place resource.Place, arn string) error {
	users := s.usersOf(arn)
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.find(place, arn)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return wire.Errorf("ResourceInUseException", "Certificate %s in account %s is in use.", arn, place.Account)
	}
	delete(s.certificates, found.arn)
	return nil
}

// namesOf are a certificate's names, each once, the domain name first.
func namesOf(domain string, others []string) []string {
	names := []string{strings.ToLower(domain)}
	for _, each := range others {
		if lower := strings.ToLower(each); !slices.Contains(names, lower) {
			names = append(names, lower)
		}
	}
	return names
}
