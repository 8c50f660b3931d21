# One image for worker, webhook proxy and starter (command line, set-up step,
# codec server, health check).

FROM golang:1.26-bookworm AS build
WORKDIR /src
# Static programs: there is no libc in the image. The toolchain is the image's.
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN mkdir -p /out/data
RUN go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/worker ./workers && \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/webhookproxy ./webhookproxy && \
    go build -trimpath -buildvcs=false -ldflags="-s -w" -o /out/starter ./starter

# Nothing but the programs and the authorities that sign the providers'
# certificates: time zones and the catalogue are inside the worker.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/worker /worker
COPY --from=build /out/webhookproxy /webhookproxy
COPY --from=build /out/starter /starter
# Where the proxy's inbox and the worker's OAuth tokens are kept: a new volume takes the owner of the folder
# that it covers.
COPY --from=build --chown=65532:65532 /out/data /data
# By number, because there is no /etc/passwd: nobody, and its group.
USER 65532:65532
ENTRYPOINT ["/starter"]
