# One image for every app; which one runs is the command: node apps/<name>/src/main.ts
# The workspace keeps its layout, because Node does not strip the types of what lies under node_modules.
FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY . .
# The pnpm that package.json names, and of the workspace only what the apps need to run.
RUN pnpm=$(node -p "require('./package.json').packageManager") \
  && npm install --prefix /pnpm --ignore-scripts --no-audit --no-fund "$pnpm" \
  && node /pnpm/node_modules/pnpm/bin/pnpm.mjs install --prod --frozen-lockfile --filter-prod "{./apps/*}..." --store-dir /pnpm/store

FROM node:24-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 REELQUEUE_HOME=/data
RUN mkdir /data && chown node:node /data
WORKDIR /app
COPY --from=packages /app .
USER node
VOLUME /data
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s --retries=6 CMD ["node", "scripts/healthcheck.mjs"]
CMD ["node", "apps/api/src/main.ts"]
