import { oauthLogin } from "../../../shared/integration/contract.ts";
import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectTesla } from "./client.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(
  manifest,
  connectTesla,
  oauthLogin((endpoint) => new URL("/oauth2/v3/token", endpoint("TESLA_AUTH_URL"))),
);
