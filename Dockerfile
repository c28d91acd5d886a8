# One bundle and one Node, as a user without rights. Build with: docker build -t predictive-scaler .
# The bundle is the same for every platform, so it is built once, on the builder's own.
FROM --platform=$BUILDPLATFORM docker.io/library/node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build

FROM docker.io/library/node:24-bookworm-slim AS node

# Distroless, because Node needs glibc and libstdc++ only: no shell and no package manager that an intruder could use or that needs patches.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="predictive-scaler" \
      org.opencontainers.image.description="A Kubernetes operator that has the replicas ready before the traffic arrives" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.source="https://github.com/predictive-scaler/predictive-scaler" \
      org.opencontainers.image.url="https://github.com/predictive-scaler/predictive-scaler" \
      org.opencontainers.image.documentation="https://github.com/predictive-scaler/predictive-scaler/blob/main/README.md" \
      org.opencontainers.image.vendor="predictive-scaler" \
      org.opencontainers.image.base.name="gcr.io/distroless/cc-debian12:nonroot" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
COPY --from=node /usr/local/LICENSE /licenses/node.txt
COPY --from=build /src/LICENSE /src/dist/third-party-licenses.txt /licenses/
# Scanners read the bill of materials, for a bundle does not show them what is in it.
COPY --from=build /src/dist/predictive-scaler.mjs /src/dist/holidays.mjs /src/dist/predictive-scaler.cdx.json /app/
# glibc keeps freed memory in an arena for each thread, and behind whatever was allocated after it. Two arenas, and mappings of their own for states and
# histories: what is freed goes back at once. The number of mappings stays far below what a kernel allows.
ENV MALLOC_ARENA_MAX=2
ENV MALLOC_MMAP_THRESHOLD_=16384
ENV MALLOC_MMAP_MAX_=30000
# What is young lives for one pass: a small space for it holds as much as is needed, and about 100 MB less.
ENV NODE_OPTIONS=--max-semi-space-size=16
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/node", "/app/predictive-scaler.mjs"]
CMD ["run"]
