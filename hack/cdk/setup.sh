#!/usr/bin/env bash
# Prints the folder of the command cdk, beside whose modules aws-cdk-lib lies: installed from package-lock.json outside the
# tree and keyed by that file. Where node or npm is missing it says so and prints nothing: the CDK's tests are then skipped
# on a developer's machine, and fail in CI.
set -euo pipefail
cd "$(dirname "$0")"

readonly oldest=20

version=$(node --version 2>/dev/null || true) # such as v20.20.2
major=${version#v}
major=${major%%.*}
if ! command -v npm >/dev/null || ((${major:-0} < oldest)); then
	echo "The tests with the AWS CDK need node $oldest or newer, and npm; there is ${version:-no node}." >&2
	exit
fi
cache=${ECSAPP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ecsapp-operator}
folder=$cache/cdk/$(sha256sum package-lock.json | cut -c 1-12)
if [[ ! -e $folder/complete ]]; then
	echo "Installing the AWS CDK (once) ..." >&2
	mkdir -p "$folder"
	cp package.json package-lock.json "$folder"
	npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel error >&2
	touch "$folder/complete"
fi
echo "$folder/node_modules/.bin"
