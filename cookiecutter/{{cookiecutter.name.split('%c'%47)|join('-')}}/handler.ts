import { oauthLogin } from "../../../shared/integration/contract.ts";
import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectVendor } from "./client.ts";
import { API_URL } from "./endpoint.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(
  manifest,
  connectVendor,
  oauthLogin((endpoint) => new URL("/oauth/token", endpoint(API_URL))),
);
