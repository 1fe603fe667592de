# A small image of the service. Build: docker build -t leporello .
# Run: docker run --rm -p 127.0.0.1:8888:8888 -v leporello:/data leporello

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json ./
COPY src src
COPY routes routes
COPY plugins plugins
RUN npm run build

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# No package needs an install script: lmdb brings its binary as a package of its own.
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/dist dist
COPY scripts/healthcheck.mjs scripts/
# A new volume takes its owner from here.
RUN mkdir /data && chown node:node /data

# Within a container the loopback address is of no use; what is offered outside is decided by the published port.
ENV LEPORELLO_HOST=0.0.0.0 LEPORELLO_DATA_DIR=/data
USER node
VOLUME /data
EXPOSE 8888
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["node", "scripts/healthcheck.mjs"]
CMD ["node", "dist/src/cli/leporello.js", "serve"]
