# `make` lists what there is to make. Tools and test assets are built once from pinned Go modules and kept
# in ECSAPP_CACHE (by default below ~/.cache), outside the tree.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Image of the operator.
IMG ?= ecsapp-operator:dev
# Client for install and deploy.
KUBECTL ?= kubectl
# More flags for the tests, such as "-count=1 -v -run Network".
GOTESTFLAGS ?=
# Packages to test.
PACKAGES ?= ./...
# For benchmarks: what to run, and for how long.
BENCH ?= .
BENCHTIME ?= 1s
# Address of the same API on FastAPI (hack/fastapi/setup.sh), for bench-sample.
FASTAPI ?=
# Set ONESHOT=1 for a demo that ends by itself.
ONESHOT ?=

tool = "$$(hack/tools/build.sh $(1))"
# The control plane's binaries: those that are there, or those that we build.
assets = "$${KUBEBUILDER_ASSETS:-$$(hack/envtest/build.sh)}"

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } \
		/^## / { printf "\n%s\n", substr($$0, 4) } \
		/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

## Build and run

.PHONY: build
build: ## Build the programs into bin/
	mkdir -p bin
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o bin/ . ./cmd/... ./sample-app

.PHONY: demo
demo: ## Show one manifest become a running application, without an AWS account (ONESHOT=1 ends by itself)
	@export KUBEBUILDER_ASSETS=$(assets); \
	mkdir -p bin && go build -o bin/demo ./hack/demo && ONESHOT=$(ONESHOT) exec bin/demo

.PHONY: run
run: ## Run the operator against the cluster of the current kubeconfig
	go run .

.PHONY: docker-build
docker-build: ## Build the image of the operator with Docker
	docker build --tag $(IMG) .

.PHONY: clean
clean: ## Remove what build made
	rm -rf bin

## Check

.PHONY: test
test: ## Run all tests; installs what they need
	export KUBEBUILDER_ASSETS=$(assets) PATH="$$PATH:$$(hack/python.sh):$$(hack/cdk/setup.sh)" AWS_CLI_2="$$(hack/awscli2.sh)"; \
	go test -race -timeout 30m $(GOTESTFLAGS) $(PACKAGES)

.PHONY: bench
bench: ## Run the benchmarks
	export KUBEBUILDER_ASSETS=$(assets); \
	go test -run '^$$' -bench '$(BENCH)' -benchtime $(BENCHTIME) -benchmem -timeout 30m $(PACKAGES)

.PHONY: lint
lint: ## Look for what the linters find
	$(call tool,golangci-lint) run
	for script in $$(git ls-files '*.sh' .ci/run); do bash -n "$$script"; done

.PHONY: verify
verify: ## Check that the tree is what generating, formatting and tidying make of it, and lint it
	hack/verify.sh
	$(MAKE) lint

.PHONY: bench-sample
bench-sample: ## Compare the items API with a bare handler (and with FASTAPI=address): requests, memory, start
	go run ./sample-app/bench -fastapi '$(FASTAPI)'

.PHONY: bench-sim
bench-sim: ## Compare the AWS simulator with moto: rates, memory, start
	export PATH="$$PATH:$$(hack/python.sh)"; go run ./test/conformance/bench

## Generate

.PHONY: generate
generate: manifests docs ## Generate all that is generated
	go generate ./internal/...
	$(call tool,controller-gen) object paths=./api/...

.PHONY: manifests
manifests: ## Generate the CRD and the RBAC rules from the markers in the code
	$(call tool,controller-gen) crd paths=./api/... output:crd:dir=config/crd/bases
	$(call tool,controller-gen) rbac:roleName=ecsapp-operator paths=./controllers/... output:rbac:dir=config/rbac

.PHONY: docs
docs: ## Generate the API reference
	$(call tool,crd-ref-docs) --log-level ERROR --config hack/crd-ref-docs.yaml --source-path api/v1alpha1 --renderer markdown --output-path docs/api.md

.PHONY: fmt
fmt: ## Format the code
	$(call tool,golangci-lint) fmt

## Install into the cluster of the current kubeconfig

.PHONY: install
install: ## Install the CRD
	$(KUBECTL) apply --server-side --kustomize config/crd

.PHONY: deploy
deploy: ## Install the CRD and the operator, whose image is IMG
	$(KUBECTL) kustomize config/default | sed 's|ecsapp-operator:dev|$(IMG)|' | $(KUBECTL) apply --server-side --filename -

.PHONY: undeploy
undeploy: ## Remove the operator and the CRD. Delete the EcsApps first: nobody is left to delete their stacks.
	$(KUBECTL) delete --ignore-not-found --kustomize config/default

.PHONY: uninstall
uninstall: ## Remove the CRD, and with it all EcsApps
	$(KUBECTL) delete --ignore-not-found --kustomize config/crd
