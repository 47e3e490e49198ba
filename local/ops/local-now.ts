import { epochMs, type Instant, instant } from "../../shared/domain/instant.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { Deployment } from "./connection.ts";

/**
 * What time it is for a local platform, whose clock is virtual. Every answer of its gateway is dated by that clock; a data
 * key is asked for because that changes nothing.
 */
export async function localNow(deployment: Deployment, gatewayUrl: string): Promise<Instant> {
  let answer: Response;
  try {
    answer = await fetch(gatewayUrl, {
      method: "POST",
      headers: { "X-Amz-Target": "TrentService.GenerateDataKey", "Content-Type": "application/x-amz-json-1.1" },
      body: JSON.stringify({ KeyId: deployment.tokenKeyArn, NumberOfBytes: 1 }),
      signal: AbortSignal.timeout(10_000),
    });
    await answer.body?.cancel();
  } catch (cause) {
    throw new BadInput("The local platform does not answer. Start it anew: npm start -- --keep-running", { cause });
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (!answer.ok || Number.isNaN(date)) {
    throw new BadInput(
      "Something else answers where the local platform was. Start it anew: npm start -- --keep-running",
    );
  }
  return instant(date);
}

/** A clock that goes on from `at` by the time that passes here. */
export function clockFrom(at: Instant): () => Instant {
  const started = performance.now();
  return () => instant(Math.round(epochMs(at) + performance.now() - started));
}
