# One bundle on a slim Node image, as a user without rights. Build with: docker build -t predictive-scaler .
FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM node:24-bookworm-slim
COPY --from=build /src/dist/predictive-scaler.mjs /src/dist/model-worker.mjs /app/
USER 65532:65532
ENTRYPOINT ["node", "/app/predictive-scaler.mjs"]
CMD ["run"]
