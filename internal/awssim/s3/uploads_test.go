package s3_test

import (
	"encoding/xml"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/wire"
)

// say is ask with headers: names and values in turn.
func (c client) say(method, target, body string, headers ...string) wire.Answer {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	request.Host = "127.0.0.1:4566"
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return c.service.API().Serve(c.t.Context(), &wire.Call{
		Service: "s3", Account: "123456789012", Region: "us-east-1", HTTP: request, Body: []byte(body),
	})
}

// begin begins an upload of files/big and returns its id.
func (c client) begin() string {
	c.t.Helper()
	var begun struct {
		UploadID string `xml:"UploadId"`
	}
	answer := c.say("POST", "/files/big?uploads", "", "Content-Type", "text/plain", "X-Amz-Meta-Team", "shop")
	if err := xml.Unmarshal(answer.Body, &begun); err != nil || begun.UploadID == "" {
		c.t.Fatalf("%s: %v", answer.Body, err)
	}
	return begun.UploadID
}

// part uploads a part and returns its entity tag.
func (c client) part(id string, number int, body string) string {
	c.t.Helper()
	answer := c.say("PUT", fmt.Sprintf("/files/big?partNumber=%d&uploadId=%s", number, id), body)
	if answer.Status != 200 {
		c.t.Fatalf("part %d: %s", number, answer.Body)
	}
	return answer.Header.Get("ETag")
}

// parts is the body of CompleteMultipartUpload.
func parts(numbersAndTags ...any) string {
	var text strings.Builder
	for i := 0; i < len(numbersAndTags); i += 2 {
		fmt.Fprintf(&text, "<Part><PartNumber>%v</PartNumber><ETag>%v</ETag></Part>", numbersAndTags[i], numbersAndTags[i+1])
	}
	return "<CompleteMultipartUpload>" + text.String() + "</CompleteMultipartUpload>"
}

func TestPartsBecomeAnObject(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	id := c.begin()
	first, last := strings.Repeat("a", 5<<20), "the end"
	tagOfLast, tagOfFirst := c.part(id, 7, last), c.part(id, 2, first)
	if answer := c.ask("HEAD", "/files/big", ""); answer.Status != 404 {
		t.Errorf("it is there before it is complete: %d", answer.Status)
	}
	done := c.say("POST", "/files/big?uploadId="+id, parts(2, tagOfFirst, 7, tagOfLast))
	if !strings.Contains(string(done.Body), "-2&#34;</ETag>") {
		t.Errorf("%d %s", done.Status, done.Body)
	}
	got := c.ask("GET", "/files/big", "")
	if string(got.Body) != first+last || got.Header.Get("Content-Type") != "text/plain" || got.Header.Get("X-Amz-Meta-Team") != "shop" {
		t.Errorf("%d bytes, %v", len(got.Body), got.Header)
	}
	if again := c.say("POST", "/files/big?uploadId="+id, parts(2, tagOfFirst)); again.Status != 404 {
		t.Errorf("the upload is still there: %d", again.Status)
	}
}

func TestPartsThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	id := c.begin()
	one, two := c.part(id, 1, "small"), c.part(id, 2, "more")
	for name, test := range map[string]struct{ target, body, want string }{
		"another upload":     {"/files/big?uploadId=none", parts(1, one), "NoSuchUpload"},
		"of another object":  {"/files/small?uploadId=" + id, parts(1, one), "NoSuchUpload"},
		"no parts":           {"/files/big?uploadId=" + id, parts(), "MalformedXML"},
		"a part not sent":    {"/files/big?uploadId=" + id, parts(1, one, 3, two), "InvalidPart"},
		"another tag":        {"/files/big?uploadId=" + id, parts(1, two), "InvalidPart"},
		"another order":      {"/files/big?uploadId=" + id, parts(2, two, 1, one), "InvalidPartOrder"},
		"a small first part": {"/files/big?uploadId=" + id, parts(1, one, 2, two), "EntityTooSmall"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := client{t, c.service}.say("POST", test.target, test.body)
			if !strings.Contains(string(answer.Body), "<Code>"+test.want+"</Code>") {
				t.Errorf("%d %s", answer.Status, answer.Body)
			}
		})
	}
}

func TestAnAbortedUploadIsGone(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	id := c.begin()
	var statuses []int
	for range 2 {
		statuses = append(statuses, c.ask("DELETE", "/files/big?uploadId="+id, "").Status)
	}
	if diff := cmp.Diff([]int{204, 404}, statuses); diff != "" {
		t.Error(diff)
	}
}

// The checksums of "123456789" are those that catalogues of checksums have.
func TestBodiesAreComparedWithTheirChecksums(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	for name, sum := range map[string]string{
		"X-Amz-Checksum-Crc32":     "y/Q5Jg==",
		"X-Amz-Checksum-Crc32c":    "4waSgw==",
		"X-Amz-Checksum-Crc64nvme": "rosUhgp5mIg=",
		"X-Amz-Checksum-Sha1":      "98O8HYCOBHMq32eZZczDTKeuNEE=",
		"X-Amz-Checksum-Sha256":    "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=",
		"Content-Md5":              "JfnnlDI7RTiF9RgfG2JNCw==",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := client{t, c.service}
			if answer := c.say("PUT", "/files/a", "123456789", name, sum); answer.Status != 200 {
				t.Errorf("%s", answer.Body)
			}
			if answer := c.say("PUT", "/files/a", "123456780", name, sum); !strings.Contains(string(answer.Body), "<Code>BadDigest</Code>") {
				t.Errorf("%d %s", answer.Status, answer.Body)
			}
		})
	}
}

func TestChecksumsThatAreMissingOrUnknownAreRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	if answer := c.say("PUT", "/files/a", "x", "X-Amz-Sdk-Checksum-Algorithm", "SHA256"); !strings.Contains(string(answer.Body), "InvalidRequest") {
		t.Errorf("%s", answer.Body)
	}
	if answer := c.say("PUT", "/files/a", "x", "X-Amz-Checksum-Xxhash3", "AA=="); !strings.Contains(string(answer.Body), "x-amz-checksum-xxhash3") {
		t.Errorf("%s", answer.Body)
	}
}

func TestObjectsHaveTags(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	c.say("PUT", "/files/a", "x", "X-Amz-Tagging", "team=shop&stage=one%20two")
	if count := c.ask("HEAD", "/files/a", "").Header.Get("X-Amz-Tagging-Count"); count != "2" {
		t.Errorf("it has %q tags", count)
	}
	const want = "<TagSet><Tag><Key>stage</Key><Value>one two</Value></Tag><Tag><Key>team</Key><Value>shop</Value></Tag></TagSet>"
	if got := string(c.ask("GET", "/files/a?tagging", "").Body); !strings.Contains(got, want) {
		t.Error(got)
	}
	twice := strings.Repeat("<Tag><Key>team</Key><Value>x</Value></Tag>", 2)
	if got := string(c.ask("PUT", "/files/a?tagging", "<Tagging><TagSet>"+twice+"</TagSet></Tagging>").Body); !strings.Contains(got, "InvalidTag") {
		t.Error(got)
	}
	c.ask("PUT", "/files/a?tagging", "<Tagging><TagSet><Tag><Key>only</Key><Value>one</Value></Tag></TagSet></Tagging>")
	if got := string(c.ask("GET", "/files/a?tagging", "").Body); !strings.Contains(got, "<Key>only</Key>") || strings.Contains(got, "team") {
		t.Error(got)
	}
	if status := c.ask("DELETE", "/files/a?tagging", "").Status; status != 204 {
		t.Errorf("status %d", status)
	}
	if got := string(c.ask("GET", "/files/a?tagging", "").Body); strings.Contains(got, "only") {
		t.Error(got)
	}
}

func TestManyObjectsAreDeletedAtOnce(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	c.ask("PUT", "/files/a", "x")
	c.ask("PUT", "/files/b", "x")
	const both = "<Object><Key>a</Key></Object><Object><Key>never there</Key></Object>"
	got := string(c.ask("POST", "/files?delete", "<Delete>"+both+"</Delete>").Body)
	if !strings.Contains(got, "<Deleted><Key>a</Key></Deleted><Deleted><Key>never there</Key></Deleted>") {
		t.Error(got)
	}
	quiet := string(c.ask("POST", "/files?delete", "<Delete>"+both+"<Quiet>true</Quiet></Delete>").Body)
	if strings.Contains(quiet, "<Deleted>") {
		t.Error(quiet)
	}
	if listed := string(c.ask("GET", "/files?list-type=2", "").Body); !strings.Contains(listed, "<KeyCount>1</KeyCount>") {
		t.Error(listed)
	}
	if none := c.ask("POST", "/files?delete", "<Delete></Delete>"); none.Status != 400 {
		t.Errorf("status %d", none.Status)
	}
}

func TestBucketsTellHowTheyEncrypt(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	if got := string(c.ask("GET", "/files?encryption", "").Body); !strings.Contains(got, "<SSEAlgorithm>AES256</SSEAlgorithm>") {
		t.Error(got)
	}
	put := c.say("PUT", "/files/a", "x", "X-Amz-Server-Side-Encryption", "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id", "alias/files")
	got := c.ask("GET", "/files/a", "")
	for _, answer := range []wire.Answer{put, got} {
		if answer.Header.Get("X-Amz-Server-Side-Encryption") != "aws:kms" ||
			answer.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id") != "alias/files" {
			t.Errorf("%v", answer.Header)
		}
	}
}

func TestABucketOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	for owner, want := range map[string]int{"123456789012": 200, "999999999999": 403} {
		if got := c.say("GET", "/files?location", "", "X-Amz-Expected-Bucket-Owner", owner).Status; got != want {
			t.Errorf("%s: status %d", owner, got)
		}
	}
}

func TestRangesOfObjectsAreAnswered(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.ask("PUT", "/files", "")
	c.ask("PUT", "/files/a", "0123456789")
	for wanted, want := range map[string]string{
		"bytes=2-4": "206 234 bytes 2-4/10", "bytes=8-": "206 89 bytes 8-9/10", "bytes=-3": "206 789 bytes 7-9/10",
		"bytes=5-99": "206 56789 bytes 5-9/10", "bytes=4-2": "200 0123456789 ", "lines=1-2": "200 0123456789 ",
	} {
		answer := c.say("GET", "/files/a", "", "Range", wanted)
		if got := fmt.Sprintf("%d %s %s", answer.Status, answer.Body, answer.Header.Get("Content-Range")); got != want {
			t.Errorf("%s: %s, not %s", wanted, got, want)
		}
	}
	if status := c.say("GET", "/files/a", "", "Range", "bytes=10-").Status; status != 416 {
		t.Errorf("status %d", status)
	}
	if status := c.say("GET", "/files/a", "", "If-Match", `"other"`).Status; status != 412 {
		t.Errorf("status %d", status)
	}
	if status := c.say("GET", "/files/a", "", "If-Match", c.ask("HEAD", "/files/a", "").Header.Get("ETag")).Status; status != 200 {
		t.Errorf("status %d", status)
	}
}
