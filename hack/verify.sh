#!/usr/bin/env bash
# Fails if generating, formatting or tidying changes a file. In a fresh clone that means a tree that is not clean.
set -euo pipefail
cd "$(dirname "$0")/.."

# The content of every file that git knows or would add.
snapshot() {
	git ls-files -z --cached --others --exclude-standard --deduplicate |
		xargs --null --no-run-if-empty sha256sum 2>/dev/null || true
}

before=$(snapshot)
make --no-print-directory generate fmt
after=$(snapshot)
if [[ $before != "$after" ]]; then
	echo "verify: these files are not what 'make generate fmt' makes of them:" >&2
	diff <(echo "$before") <(echo "$after") | awk '/^[<>]/ { print "  " $3 }' | sort -u >&2
	exit 1
fi

go mod tidy -diff || {
	echo "verify: run 'go mod tidy'" >&2
	exit 1
}
