import { oauthLogin } from "../../../shared/integration/contract.ts";
import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectViessmann } from "./client.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(
  manifest,
  connectViessmann,
  oauthLogin((endpoint) => new URL("/idp/v3/token", endpoint("VIESSMANN_AUTH_URL"))),
);
