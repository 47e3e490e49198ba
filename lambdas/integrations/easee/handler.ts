import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectEasee } from "./client.ts";
import { easeeLogin } from "./login.ts";
import { manifest } from "./manifest.ts";

export const handler = integrationHandler(manifest, connectEasee, easeeLogin);
