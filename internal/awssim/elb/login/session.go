package login

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// session is a login, sealed in the client's cookies.
type session struct {
	Issuer, Client string
	Ends           time.Time // after which the user logs in again
	AccessToken    string
	Refresh        string          `json:",omitempty"`
	Stale          time.Time       `json:",omitzero"` // when the access token has expired; zero if nobody said
	Claims         json.RawMessage // of the user info endpoint
	Subject        string
}

// Cookies are cut where browsers would not take them (user guide: "4K in size").
const (
	shardSize   = 4000
	mostShards  = 16
	forSessions = "session"
)

// sessionOf reads the session of a request; nil if there is none that goes on for this configuration.
func (k *keys) sessionOf(r *http.Request, how *Config) *session {
	var sealed strings.Builder
	for i := range mostShards {
		shard, err := r.Cookie(shardName(how, i))
		if err != nil {
			break
		}
		_, _ = sealed.WriteString(shard.Value)
	}
	found := new(session)
	if sealed.Len() == 0 || k.open(forSessions, sealed.String(), found) != nil {
		return nil
	}
	if found.Issuer != how.Issuer || found.Client != how.ClientId || !time.Now().Before(found.Ends) {
		return nil
	}
	return found
}

func shardName(how *Config, number int) string {
	return how.SessionCookieName + "-" + strconv.Itoa(number)
}

// set gives a session to the client, in place of the one that it has. Attributes of the cookies are believed.
func (k *keys) set(header http.Header, r *http.Request, how *Config, given *session) error {
	sealed, err := k.close(forSessions, given)
	if err != nil {
		return err
	}
	number := 0
	for ; len(sealed) > 0; number++ {
		size := min(len(sealed), shardSize)
		setCookie(header, shardName(how, number), sealed[:size], given.Ends)
		sealed = sealed[size:]
	}
	for ; number < mostShards; number++ { // what is left of a longer one
		if _, err := r.Cookie(shardName(how, number)); err == nil {
			setCookie(header, shardName(how, number), "", time.Unix(0, 0))
		}
	}
	return nil
}

func setCookie(header http.Header, name, value string, ends time.Time) {
	cookie := http.Cookie{ //nolint:gosec // SameSite=None: the identity provider sends the user back
		Name: name, Value: value, Expires: ends, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
	}
	header.Add("Set-Cookie", cookie.String())
}
