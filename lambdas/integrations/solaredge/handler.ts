import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectSolarEdge } from "./client.ts";
import { solarEdgeLogin } from "./login.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(manifest, connectSolarEdge, solarEdgeLogin);
