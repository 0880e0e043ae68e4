package pattern_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ecsapp-dev/ecsapp-operator/internal/awssim/pattern"
)

const event = `{"source":"aws.ecs","detail-type":"ECS Task State Change","resources":["arn:aws:ecs:a","arn:aws:ecs:b"],
	"detail":{"lastStatus":"STOPPED","count":7,"group":"service:Web","none":null,"ok":true,"ip":"10.0.0.9",
	"containers":[{"name":"web","exitCode":0},{"name":"side","exitCode":1}]}}`

func TestPatternsMatchAsThoseOfEventBridge(t *testing.T) {
	t.Parallel()
	cases := map[string]bool{
		`{"source":["aws.ecs"]}`: true,
		`{"source":["aws.ec2"]}`: false,
		`{"source":["aws.ec2","aws.ecs"],"detail":{"lastStatus":["STOPPED"]}}`:         true,
		`{"resources":["arn:aws:ecs:b"]}`:                                              true,
		`{"detail":{"count":[7]}}`:                                                     true,
		`{"detail":{"count":["7"]}}`:                                                   false,
		`{"detail":{"none":[null]}}`:                                                   true,
		`{"detail":{"ok":[true]}}`:                                                     true,
		`{"detail":{"missing":[null]}}`:                                                false,
		`{"detail":{"group":[{"prefix":"service:"}]}}`:                                 true,
		`{"detail":{"group":[{"prefix":{"equals-ignore-case":"SERVICE:w"}}]}}`:         true,
		`{"detail":{"group":[{"suffix":"Web"}]}}`:                                      true,
		`{"detail":{"group":[{"equals-ignore-case":"SERVICE:WEB"}]}}`:                  true,
		`{"detail":{"group":[{"wildcard":"s*:*b"}]}}`:                                  true,
		`{"detail":{"group":[{"wildcard":"s*:*x"}]}}`:                                  false,
		`{"detail":{"lastStatus":[{"anything-but":"STOPPED"}]}}`:                       false,
		`{"detail":{"lastStatus":[{"anything-but":["RUNNING","PENDING"]}]}}`:           true,
		`{"detail":{"lastStatus":[{"anything-but":{"prefix":"STOP"}}]}}`:               false,
		`{"detail":{"lastStatus":[{"anything-but":{"suffix":["x","y"]}}]}}`:            true,
		`{"detail":{"count":[{"numeric":[">",0,"<=",7]}]}}`:                            true,
		`{"detail":{"count":[{"numeric":["=",8]}]}}`:                                   false,
		`{"detail":{"lastStatus":[{"exists":true}]}}`:                                  true,
		`{"detail":{"missing":[{"exists":false}]}}`:                                    true,
		`{"detail":{"missing":{"deeper":[{"exists":false}]}}}`:                         true,
		`{"detail":{"lastStatus":[{"exists":false}]}}`:                                 false,
		`{"detail":{"ip":[{"cidr":"10.0.0.0/24"}]}}`:                                   true,
		`{"detail":{"containers":{"exitCode":[1]}}}`:                                   true,
		`{"detail":{"containers":{"exitCode":[2]}}}`:                                   false,
		`{"$or":[{"source":["x"]},{"detail":{"count":[7]}}]}`:                          true,
		`{"detail":{"$or":[{"count":[1]},{"lastStatus":["RUNNING"]}]},"source":["a"]}`: false,
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(event), &members); err != nil {
		t.Fatal(err)
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			read, err := pattern.Read(text)
			if err != nil {
				t.Fatal(err)
			}
			if read.Match(members) != want {
				t.Errorf("matches: %t", !want)
			}
		})
	}
}

func TestPatternsThatAreNoneAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{}`:                                  "Filter is empty",
		`{"source":"aws.ecs"}`:                `"source" must be an object or an array`,
		`{"source":[]}`:                       "Empty arrays are not allowed",
		`{"source":{}}`:                       "Empty objects are not allowed",
		`{"source":[{"like":"x"}]}`:           "Unrecognized match type like",
		`{"a":[{"exists":"x"}]}`:              "exists match pattern must be either true or false.",
		`{"a":[{"numeric":[">","x"]}]}`:       "Value of numeric must be an array.",
		`{"a":[{"prefix":"x","suffix":"y"}]}`: "Only one key allowed in match expression",
		`{`:                                   "Event pattern is not valid.",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			if _, err := pattern.Read(text); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
