import type { Context } from "aws-lambda";
import { integrationHandler } from "../../../shared/integration/handler.ts";
import { connectTesla } from "./client.ts";
import { teslaLogin } from "./login.ts";
import { manifest } from "./manifest.ts";
import { TelemetryBatch, telemetryHandler } from "./telemetry-handler.ts";

const jobs = integrationHandler(manifest, connectTesla, teslaLogin);

/** Polls and commands as any integration, and besides them what cars push. */
export const handler = Object.assign(
  async (event: unknown, context: Context) =>
    TelemetryBatch.safeParse(event).success ? telemetryHandler(event, context) : jobs(event, context),
  { integration: jobs.integration },
);
