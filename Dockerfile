# remixd in a container, for amd64 and arm64. Without further words it runs the simulated bench; no hardware is needed.
# docs/INSTALL.md says how a container is given the devices of a real bench.
ARG BASE=node:22-bookworm-slim

# --- build: compiler, native modules, gate, TypeScript
FROM ${BASE} AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends build-essential python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
# Node brings the headers that native modules are built against, so no others are fetched.
ENV npm_config_nodedir=/usr/local
COPY package.json package-lock.json ./
# A registry of one’s own is named in an .npmrc given as a secret: docker build --secret id=npmrc,src=$HOME/.npmrc
RUN --mount=type=secret,id=npmrc,target=/root/.npmrc \
    npm ci --ignore-scripts --no-audit --no-fund \
 && npm rebuild
COPY . .
# A module that was not built is left out in silence by npm, as it is optional; an image without it would be no use.
RUN make -C gate clean all \
 && node_modules/.bin/tsc -p tsconfig.image.json \
 && node_modules/.bin/vite build --config page/vite.config.mjs \
 && npm prune --omit=dev --ignore-scripts --no-audit --no-fund \
 && node -e 'for (const name of ["onoff", "i2c-bus", "spi-device", "unix-dgram"]) require(name)'

# --- what runs: no compiler, no sources, no package cache
FROM ${BASE}
ENV NODE_ENV=production \
    REMIXD_RUNTIME_STATE_DIR=/var/lib/remixd \
    REMIXD_RUNTIME_RUNS_DIR=/var/lib/remixd/runs
WORKDIR /app
COPY --from=build /app/package.json /app/README.md /app/CHANGELOG.md ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/config config
COPY --from=build /app/recipes recipes
COPY --from=build /app/docs docs
COPY --from=build /app/fleet fleet
COPY --from=build /app/dist dist
COPY --from=build /app/gate/remixd-gate /app/gate/remixd-off /app/gate/remixd-lines gate/
# A number, so that a cluster which forbids root can see that it is none. It may write to its state only.
RUN install -d -o 10001 -g 10001 -m 0750 /var/lib/remixd
USER 10001:10001
VOLUME /var/lib/remixd
# Alive = the process that locked the state folder lives and its record grows; see src/cli/health.ts.
HEALTHCHECK --interval=30s --timeout=10s --start-period=15s CMD ["node", "/app/bin/remixd.js", "health"]
ENTRYPOINT ["node", "/app/bin/remixd.js"]
CMD ["run"]
