package s3

import (
	"crypto/md5"  //nolint:gosec // a checksum of S3's, of no secret
	"crypto/sha1" //nolint:gosec // as above
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"hash"
	"hash/crc32"
	"hash/crc64"
	"strings"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// nvme is the polynomial of CRC64NVME, reflected. Source: the NVM Express specification.
const nvme = 0x9a6c9329ac4bc9b5

// checks are the checksums that a request says its body has: X-Amz-Checksum-NAME.
type checks struct {
	// Computed names what an SDK was asked to compute. The checksum is in a header of its own.
	Computed string            `header:"X-Amz-Sdk-Checksum-Algorithm"`
	Sums     map[string]string `header:"X-Amz-Checksum-*"`
	MD5      string            `header:"Content-Md5"`
}

// verify compares a body with its checksums.
func (c checks) verify(call *wire.Call, body []byte) error {
	if name := strings.ToLower(c.Computed); name != "" && c.Sums[name] == "" {
		return wire.Errorf("InvalidRequest", "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "+
			"x-amz-trailer headers were found.")
	}
	if md5 := hashOf("md5"); c.MD5 != "" && c.MD5 != digest(md5, body) {
		return wire.Errorf("BadDigest", "The Content-MD5 you specified did not match what we received.")
	}
	for name, told := range c.Sums {
		sum := hashOf(name)
		if sum == nil {
			return wire.Unsupported(call, "the header x-amz-checksum-"+name)
		}
		if told != digest(sum, body) {
			return wire.Errorf("BadDigest", "The %s you specified did not match the calculated checksum.", strings.ToUpper(name))
		}
	}
	return nil
}

func digest(sum hash.Hash, body []byte) string {
	_, _ = sum.Write(body) // it never fails
	return base64.StdEncoding.EncodeToString(sum.Sum(nil))
}

// hashOf returns the hash behind a checksum's header, or nil if none is known.
func hashOf(name string) hash.Hash {
	switch name {
	case "crc32":
		return crc32.NewIEEE()
	case "crc32c":
		return crc32.New(crc32.MakeTable(crc32.Castagnoli))
	case "crc64nvme":
		return crc64.New(crc64.MakeTable(nvme))
	case "md5":
		return md5.New() //nolint:gosec // as above
	case "sha1":
		return sha1.New() //nolint:gosec // as above
	case "sha256":
		return sha256.New()
	case "sha512":
		return sha512.New()
	default:
		return nil
	}
}
