#!/usr/bin/env bash
# Builds a tool pinned in go.mod, such as golangci-lint or controller-gen, and prints the path of its binary.
# Binaries lie outside the tree and are keyed by the versions of the tool and of Go: each is built once.
set -euo pipefail
cd "$(dirname "$0")"

name=${1:?usage: build.sh NAME}
cache=${ECSAPP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ecsapp-operator}

found=$(go list -f '{{.Target}} {{.ImportPath}} {{.Module.Version}}' tool |
	awk -v name="/$name" 'substr($1, length($1) - length(name) + 1) == name { print $2, $3 }')
if [[ -z $found ]]; then
	echo "build.sh: go.mod pins no tool $name" >&2
	exit 1
fi
read -r package version <<<"$found"

binary=$cache/tools/$name-$version-$(go env GOVERSION)-$(go env GOOS)-$(go env GOARCH)
if [[ ! -x $binary ]]; then
	echo "Building $name $version (once) ..." >&2
	mkdir -p "$cache/tools"
	staging=$(mktemp "$binary.XXXXXX")
	trap 'rm -f "$staging"' EXIT
	CGO_ENABLED=0 nice go build -trimpath -ldflags '-s -w' -o "$staging" "$package"
	mv -f "$staging" "$binary"
fi
echo "$binary"
