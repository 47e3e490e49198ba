import { oauthLogin } from "../../../shared/integration/contract.ts";
import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectMyUplink } from "./client.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(
  manifest,
  connectMyUplink,
  oauthLogin((endpoint) => new URL("/oauth/token", endpoint("MYUPLINK_API_URL"))),
);
