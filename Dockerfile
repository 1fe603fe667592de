# A small image of the service. Build: docker build -t leporello .
# Run: docker run --rm --stop-timeout 40 -p 127.0.0.1:8888:8888 -v leporello:/data -e LEPORELLO_PUBLIC_URL=http://localhost:8888 leporello
# Release: scripts/build-image.sh, which says in the labels what was built from where.

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY routes routes
COPY plugins plugins
RUN npm run build && chmod +x dist/src/cli/leporello.js

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs an install script: lmdb brings its binary as a package of its own.
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/dist dist
COPY LICENSE ./
COPY scripts/healthcheck.mjs scripts/
# A new volume takes its owner from here.
RUN mkdir /data && chown node:node /data && ln -s /app/dist/src/cli/leporello.js /usr/local/bin/leporello

# Within a container the loopback address is of no use; what is offered outside is decided by the published port.
ENV LEPORELLO_HOST=0.0.0.0 LEPORELLO_DATA_DIR=/data
# The user "node", by number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["node", "scripts/healthcheck.mjs"]
CMD ["leporello", "serve"]

# Last, so that another commit does not make the layers above anew. The context holds no .git: who builds says it.
ARG VERSION=unreleased
ARG REVISION=unknown
ARG CREATED=unknown
ARG SOURCE=unknown
ARG DOCUMENTATION=$SOURCE
LABEL org.opencontainers.image.title="Leporello" \
      org.opencontainers.image.description="Keeps a HySDS cluster's catalogue of container images" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.documentation="$DOCUMENTATION" \
      org.opencontainers.image.source="$SOURCE" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED"
