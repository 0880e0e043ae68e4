package s3

import (
	"context"
	"encoding/json"
	"encoding/xml"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/resource"
	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

const (
	managed = "AES256" // keys of S3, with which it encrypts whatever says nothing else
	keyed   = "aws:kms"
)

// encryption is how an object is encrypted, as requests and answers say it. Nothing is encrypted here.
type encryption struct {
	Algorithm string `header:"X-Amz-Server-Side-Encryption"`
	KeyID     string `header:"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"`
}

// encryptionFor completes what a request says by the bucket's default.
func (s *Service) encryptionFor(call *wire.Call, wanted encryption, into *bucket, name string) (encryption, error) {
	switch wanted.Algorithm {
	case "":
		return s.defaultEncryption(into, name).encryption, nil
	case managed, keyed:
		return wanted, nil
	default:
		return encryption{}, wire.Unsupported(call, "x-amz-server-side-encryption "+wanted.Algorithm)
	}
}

// bucketEncryption is the default of a bucket.
type bucketEncryption struct {
	encryption

	bucketKey bool
}

// encryptionProperty is BucketEncryption of a bucket's properties.
type encryptionProperty struct {
	Rules []struct {
		BucketKey bool `json:"BucketKeyEnabled"`
		Default   struct {
			Algorithm string `json:"SSEAlgorithm"`
			KeyID     string `json:"KMSMasterKeyID"`
		} `json:"ServerSideEncryptionByDefault"`
	} `json:"ServerSideEncryptionConfiguration"`
}

// defaultEncryption is what the bucket's properties say, or else keys of S3.
func (s *Service) defaultEncryption(of *bucket, name string) bucketEncryption {
	record, _ := s.records.Read(resource.Request{Place: of.Place, Type: bucketType, PhysicalID: name})
	var property encryptionProperty
	text, err := json.Marshal(record["BucketEncryption"])
	if err != nil || json.Unmarshal(text, &property) != nil || len(property.Rules) == 0 {
		return bucketEncryption{encryption: encryption{Algorithm: managed}}
	}
	rule := property.Rules[0]
	return bucketEncryption{encryption{rule.Default.Algorithm, rule.Default.KeyID}, rule.BucketKey}
}

// encryptionOutput is the answer of GetBucketEncryption.
type encryptionOutput struct {
	XMLName xml.Name       `xml:"ServerSideEncryptionConfiguration"`
	Rule    encryptionRule `xml:"Rule"`
}

type encryptionRule struct {
	Default          encryptionDefault `xml:"ApplyServerSideEncryptionByDefault"`
	BucketKeyEnabled bool
}

type encryptionDefault struct {
	SSEAlgorithm   string
	KMSMasterKeyID string `xml:",omitempty"`
}

func (s *Service) getBucketEncryption(_ context.Context, _ *wire.Call, in *bucketInput) (*encryptionOutput, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found, err := s.owned(in)
	if err != nil {
		return nil, err
	}
	byDefault := s.defaultEncryption(found, in.Bucket)
	return &encryptionOutput{Rule: encryptionRule{
		Default: encryptionDefault{byDefault.Algorithm, byDefault.KeyID}, BucketKeyEnabled: byDefault.bucketKey,
	}}, nil
}
