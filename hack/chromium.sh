#!/usr/bin/env bash
# Prints the path of Chromium, and installs it before with apt-get where that is there and may be used. Where it cannot,
# it prints nothing: the tests that need Chromium then say so, and fail in CI.
set -euo pipefail

find_chromium() {
	command -v "${CHROMIUM:-chromium}" || command -v chromium-browser || command -v google-chrome
}

if ! find_chromium && [[ $EUID == 0 ]] && command -v apt-get >/dev/null; then
	echo "Installing Chromium (once) ..." >&2
	{
		apt-get update --quiet &&
			DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends chromium
	} >&2 || echo "hack/chromium.sh: apt-get could not install it" >&2
	find_chromium || true
fi
