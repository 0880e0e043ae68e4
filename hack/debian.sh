#!/usr/bin/env bash
# Prints the path of Chromium (debian.sh chromium) or the folder of PostgreSQL's server programs (debian.sh postgresql), and
# installs it before with apt-get where that is there and may be used. Where it cannot, it prints nothing: the tests that
# need it then say so, and fail in CI.
set -euo pipefail

find_chromium() {
	command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}

find_postgresql() {
	local initdb
	initdb=$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)
	[[ -n $initdb ]] && dirname "$initdb"
}

package=${1:-}
if [[ $package != chromium && $package != postgresql ]]; then
	echo "usage: debian.sh chromium | postgresql" >&2
	exit 2
fi
if ! "find_$package" && [[ $EUID == 0 ]] && command -v apt-get >/dev/null; then
	echo "Installing $package (once) ..." >&2
	{
		apt-get update --quiet &&
			DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends "$package"
	} >&2 || echo "hack/debian.sh: apt-get could not install $package" >&2
	"find_$package" || true
fi
