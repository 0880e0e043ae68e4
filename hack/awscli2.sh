#!/usr/bin/env bash
# Prints the path of version 2 of the aws command: the one on the PATH, or else one from the packages of Debian 13 in a folder
# of its own, outside the tree. To make that takes root and debootstrap. Where it cannot, it prints nothing: the tests that
# need the command then say so, and fail in CI.
set -euo pipefail

install_into() {
	command -v debootstrap || { apt-get update --quiet && apt-get install --quiet --yes debootstrap; } || return 1
	debootstrap --variant=minbase trixie "$1" &&
		DEBIAN_FRONTEND=noninteractive chroot "$1" apt-get install --quiet --yes --no-install-recommends awscli &&
		chroot "$1" aws --version
}

if aws --version 2>/dev/null | grep --quiet '^aws-cli/2'; then
	command -v aws
	exit
fi
folder=${ECSAPP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ecsapp-operator}/awscli/trixie
if [[ ! -x $folder/aws && $EUID == 0 ]] && command -v apt-get >/dev/null; then
	echo "Installing version 2 of the aws command (once) ..." >&2
	rm -rf "$folder"
	mkdir -p "$folder"
	if install_into "$folder/root" >&2; then
		printf '#!/bin/sh\nexec chroot %q aws "$@"\n' "$folder/root" >"$folder/aws.new"
		chmod +x "$folder/aws.new"
		mv "$folder/aws.new" "$folder/aws"
	else
		echo "hack/awscli2.sh: it could not be installed" >&2
	fi
fi
if [[ -x $folder/aws ]]; then
	echo "$folder/aws"
fi
