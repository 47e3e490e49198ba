import { EventBridge } from "@aws-sdk/client-eventbridge";
import * as z from "zod";
import { eventBridgeBus, systemNow } from "../../../shared/bus.ts";
import { EnvText, lambdaHandler } from "../../../shared/handler.ts";
import { assetsStore } from "../../../shared/store/assets.ts";
import { readingsStore } from "../../../shared/store/readings.ts";
import { documentClient } from "../../../shared/store/table.ts";
import { manifest } from "./manifest.ts";
import { ingest } from "./telemetry-batch.ts";
import { carsByVin } from "./telemetry-cars.ts";

const Environment = z.object({
  ASSETS_TABLE: EnvText,
  READINGS_TABLE: EnvText,
  BUS_NAME: EnvText,
  FLEETS: EnvText.transform((text) => text.split(",")),
});

/** The part of a Kinesis event that we use; the telemetry server writes one record to one entry, as JSON. */
export const TelemetryBatch = z.looseObject({
  Records: z
    .array(z.looseObject({ eventSource: z.literal("aws:kinesis"), kinesis: z.looseObject({ data: z.base64() }) }))
    .min(1)
    .transform((records) => records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString("utf8"))),
});

/** What cars push, from the stream that a telemetry server writes to: README.md says what must stand around it. */
export const telemetryHandler = lambdaHandler({
  service: manifest.name,
  event: TelemetryBatch,
  environment: Environment,
  dependencies: (env, _log, own) => {
    const documents = documentClient({}, own);
    const assets = assetsStore(documents, env.ASSETS_TABLE);
    return {
      integration: manifest.name,
      carOf: carsByVin({
        integration: manifest.name,
        fleets: env.FLEETS,
        assets,
        now: systemNow,
      }),
      assets,
      readings: readingsStore(documents, env.READINGS_TABLE),
      bus: eventBridgeBus(new EventBridge(), env.BUS_NAME, systemNow),
      vendorMeter: own.of({ integration: manifest.name }),
    };
  },
  run: ({ Records }, { vendorMeter, ...deps }) => ingest(Records, { ...deps, meter: vendorMeter }),
});
