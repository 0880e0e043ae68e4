# The operator as one static binary in an image without a shell.
FROM --platform=$BUILDPLATFORM golang:1.26 AS build
ARG TARGETOS TARGETARCH
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY main.go main.go
COPY api api
COPY controllers controllers
COPY internal internal
RUN CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -ldflags '-s -w' -o /manager .

FROM gcr.io/distroless/static:nonroot
LABEL org.opencontainers.image.title="ecsapp-operator" \
      org.opencontainers.image.description="One manifest becomes a running service on AWS ECS Fargate" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]
