package route53

import (
	"regexp"
	"slices"
	"strings"
)

// canonical is a domain name as Route 53 keeps it: in lower case, with a dot at the end, and a star as \052.
func canonical(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "*", `\052`))
	if !strings.HasSuffix(name, ".") {
		name += "."
	}
	return name
}

// reversed is a name's key in the order of listings: com.example.www.
func reversed(name string) string {
	labels := strings.Split(strings.TrimSuffix(name, "."), ".")
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "."
}

// within says whether a name is a zone's or below it.
func within(name, zone string) bool { return name == zone || strings.HasSuffix(name, "."+zone) }

var domainName = regexp.MustCompile(`^([A-Za-z0-9_*\\-]{1,63}\.)*[A-Za-z0-9-]{1,63}\.?$`)

const longestName = 255

func isDomain(name string) bool { return len(name) <= longestName && domainName.MatchString(name) }
