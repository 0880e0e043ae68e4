#!/usr/bin/env bash
# Builds kube-apiserver, etcd and kubectl from the Go modules pinned in go.mod and prints the folder that
# holds them. The first time takes about ten CPU minutes; later calls only print the folder, which lies
# outside the tree and is keyed by the versions.
set -euo pipefail
cd "$(dirname "$0")"

kubernetes=$(go list -m -f '{{.Version}}' k8s.io/kubernetes)
etcd=$(go list -m -f '{{.Version}}' go.etcd.io/etcd/server/v3)
cache=${ECSAPP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ecsapp-operator}
assets=$cache/envtest/$kubernetes-etcd-$etcd-$(go env GOOS)-$(go env GOARCH)

if [[ ! -x $assets/kubectl ]]; then
	echo "Building kube-apiserver $kubernetes, etcd $etcd and kubectl (about ten minutes, once) ..." >&2
	mkdir -p "$assets"
	staging=$(mktemp -d "$assets/.build-XXXXXX")
	trap 'rm -rf "$staging"' EXIT
	export CGO_ENABLED=0
	version=k8s.io/component-base/version
	flags="-s -w -X $version.gitVersion=$kubernetes -X $version.gitMajor=1 -X $version.gitMinor=$(cut -d. -f2 <<<"$kubernetes")"
	go build -trimpath -ldflags '-s -w' -o "$staging/etcd" go.etcd.io/etcd/server/v3
	go build -trimpath -ldflags "$flags" -o "$staging/kube-apiserver" k8s.io/kubernetes/cmd/kube-apiserver
	go build -trimpath -ldflags "$flags" -o "$staging/kubectl" k8s.io/kubernetes/cmd/kubectl
	# kubectl moves last: it marks the set as complete.
	mv -f "$staging/etcd" "$staging/kube-apiserver" "$assets/"
	mv -f "$staging/kubectl" "$assets/"
fi
echo "$assets"
