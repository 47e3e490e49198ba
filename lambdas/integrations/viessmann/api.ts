import * as z from "zod";
import { epochMs } from "../../../shared/domain/instant.ts";
import { VendorError } from "../../../shared/errors.ts";
import { call, parseBody } from "../../../shared/http.ts";
import type { CallKind, Connection } from "../../../shared/integration/contract.ts";
import { eachThatFits, entriesThatFit } from "../../../shared/integration/odd.ts";
import { errorOf } from "./api-errors.ts";

// Every feature of a device comes in one answer; the set differs by model. Only the features we use are checked.
const USED = [
  /^heating\.dhw\.(oneTimeCharge|temperature\.main|operating\.modes\.active)$/,
  /^heating\.dhw\.sensors\.temperature\.(hotWaterStorage|dhwCylinder)$/,
  /^heating\.circuits\.\d+\.sensors\.temperature\.(room|supply)$/,
  /^heating\.(sensors\.temperature\.(outside|return)|buffer\.sensors\.temperature\.main)$/,
  /^heating\.compressors\.\d+(\.speed\.current|\.power|\.sensors\.power|\.power\.consumption\.current)?$/,
  /^heating\.inverters\.\d+\.sensors\.power\.output$/,
  /^device\.power\.statusReport\.consumption$/,
];

/** A value with its unit as a word. Both are judged where they are used: an odd one loses only itself. */
const ViessmannProperty = z.looseObject({ unit: z.unknown().optional(), value: z.unknown().optional() });
export type ViessmannProperty = z.infer<typeof ViessmannProperty>;

/** A command describes itself: whether the device would take it now, and within which bounds. */
const ViessmannCommand = z.looseObject({
  isExecutable: z.boolean(),
  params: z
    .record(
      z.string(),
      z.looseObject({
        constraints: z
          .looseObject({ min: z.number().nullish(), max: z.number().nullish(), stepping: z.number().nullish() })
          .nullish(),
      }),
    )
    .nullish(),
});
export type ViessmannCommand = z.infer<typeof ViessmannCommand>;

const flag = z.boolean().nullish().catch(null);
export const ViessmannFeature = z.looseObject({
  feature: z.string(),
  isEnabled: flag,
  isReady: flag,
  /** When the feature last changed, not when it was asked for; as told. */
  timestamp: z.unknown().optional(),
  /** Empty when the device knows the feature and has no value for it. */
  properties: entriesThatFit(ViessmannProperty).nullish().catch(null),
  /** A command whose description cannot be read is as good as not there. */
  commands: entriesThatFit(ViessmannCommand).nullish().catch(null),
});
export type ViessmannFeature = z.infer<typeof ViessmannFeature>;

export const ViessmannFeatures = z.looseObject({
  data: eachThatFits(ViessmannFeature)
    .refine((features) => features.length > 0, "no feature at all")
    .transform((features) => features.filter(({ feature }) => USED.some((name) => name.test(feature)))),
});

const ViessmannCommandAnswer = z.looseObject({ data: z.looseObject({ success: z.boolean() }) });

/** Where a device is found: the vendor names it by three ids. */
export type DevicePath = { installation: string; gateway: string; device: string };

const TIMEOUT_MS = 12_000;

/** Calls of the developer API for one customer's token. Every method throws VendorError. */
export function viessmannApi(connection: Connection, accessToken: string) {
  const request = async (kind: CallKind, operation: string, path: string, body?: Record<string, unknown>) => {
    const method = body ? "POST" : "GET";
    connection.count(kind);
    const answer = await call(connection.fetch, {
      method,
      url: new URL(path, connection.endpoint("VIESSMANN_API_URL")),
      operation,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body ? { "content-type": "application/json", accept: "application/vnd.siren+json" } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      timeoutMs: TIMEOUT_MS,
    });
    if (answer.status === 200 || answer.status === 202) return answer;
    throw errorOf(answer, operation, method, epochMs(connection.now()));
  };

  return {
    /** Everything the device tells, in one call. */
    async features(at: DevicePath): Promise<ViessmannFeature[]> {
      return parseBody(await request("data", "features", `${pathOf(at)}/`), ViessmannFeatures, "features").data;
    },
    /** The path is made here and not taken from the answer's `uri`: it decides where a bearer token goes. */
    async command(at: DevicePath, feature: string, name: string, params: Record<string, unknown>): Promise<void> {
      const operation = `${feature} ${name}`;
      const answer = await request("command", operation, `${pathOf(at)}/${feature}/commands/${name}`, params);
      const parsed = ViessmannCommandAnswer.safeParse(jsonOrUndefined(answer.text));
      if (!parsed.success) {
        throw new VendorError({
          fault: "malformed-message",
          operation,
          status: answer.status,
          message: "the answer to a command does not say whether it was taken",
          mayHaveActed: true,
        });
      }
      if (parsed.data.data.success) return;
      // It said executable a moment ago: defrosting or another priority came between.
      throw new VendorError({
        fault: "transient",
        operation,
        status: answer.status,
        message: "the heat pump did not take it",
      });
    },
  };
}

function pathOf({ installation, gateway, device }: DevicePath): string {
  return `/iot/v2/features/installations/${installation}/gateways/${gateway}/devices/${device}/features`;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
