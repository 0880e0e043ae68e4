#!/usr/bin/env bash
# Prints the folder of PostgreSQL's server programs, and installs them before with apt-get where that is there and may be
# used. Where it cannot, it prints nothing: the tests that need PostgreSQL then say so, and fail in CI.
set -euo pipefail

find_postgresql() {
	local initdb
	initdb=$(command -v initdb || ls /usr/lib/postgresql/*/bin/initdb 2>/dev/null | tail -n 1)
	[[ -n $initdb ]] && dirname "$initdb"
}

if ! find_postgresql && [[ $EUID == 0 ]] && command -v apt-get >/dev/null; then
	echo "Installing PostgreSQL (once) ..." >&2
	{
		apt-get update --quiet &&
			DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends postgresql
	} >&2 || echo "hack/postgresql.sh: apt-get could not install it" >&2
	find_postgresql || true
fi
