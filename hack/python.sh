#!/usr/bin/env bash
# Prints the folder of cfn-lint, moto_server and aws: where they are installed, or else a virtual environment made of
# requirements.txt, outside the tree and keyed by that file.
set -euo pipefail
cd "$(dirname "$0")"

if command -v moto_server >/dev/null && command -v aws >/dev/null && cfn_lint=$(command -v cfn-lint); then
	dirname "$cfn_lint"
	exit
fi
cache=${ECSAPP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ecsapp-operator}
venv=$cache/python/$(sha256sum requirements.txt | cut -c 1-12)
if [[ ! -e $venv/complete ]]; then
	echo "Installing cfn-lint, moto and the aws command (once) ..." >&2
	python3 -m venv --clear "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement requirements.txt >&2
	touch "$venv/complete"
fi
echo "$venv/bin"
