import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { GetCommand } from "@aws-sdk/lib-dynamodb";
import type { TokenPair } from "../../shared/auth.ts";
import { type Instant, instant } from "../../shared/domain/instant.ts";
import { VendorError } from "../../shared/errors.ts";
import type { Fetch } from "../../shared/http.ts";
import type { Log } from "../../shared/log.ts";
import type { Sealer } from "../../shared/seal.ts";
import type { MemoryDocumentClient } from "../memory/document-client.ts";
import type { GuardBook } from "./guards.ts";
import { type Environment, effect, type Invocation, ServiceError, type World } from "./lambda.ts";
import type { Spending } from "./spending.ts";
import type { VendorCall, VendorCloud } from "./vendor-cloud.ts";
import type { Watch, Write } from "./watch.ts";

type Keyed = { TableName?: string; Key?: Record<string, unknown>; Item?: Record<string, unknown> };

/** Longer than others need to come and go, and shorter than an invocation lives. */
const LINGERS_MS = 20_000;

type Tables = {
  world: World;
  memory: MemoryDocumentClient;
  watch: Watch;
  guards: GuardBook;
  spending?: Spending | undefined;
};

/**
 * DynamoDB as an environment sees it: a command belongs to whoever is at work there. Each takes effect at one moment, and
 * the watch sees what was written.
 */
export function tablesOf(
  { world, memory, watch, guards, spending }: Tables,
  environment: Environment,
): DynamoDBDocumentClient {
  const send = (command: { input: Keyed; constructor: { name: string } }) => {
    const invocation = atWork(environment);
    const { name, what } = namesOf(command);
    const lingers = guards.see(command.input, name);
    const sent = () => memory.answer(command);
    return effect(world, invocation, {
      place: "dynamo",
      what,
      latencyMs: 2 + world.engine.random() * 12 + (lingers ? world.engine.random() ** 2 * LINGERS_MS : 0),
      act: () => {
        const answer = spending ? spending.tables(invocation, sent) : sent();
        watch.written(command, invocation);
        return answer;
      },
    });
  };
  return { send } as unknown as DynamoDBDocumentClient;
}

/** DynamoDB as an operator's tool sees it: nothing goes wrong, and the watch sees what was written. */
export function operatorsTables({
  memory,
  watch,
  guards,
}: Pick<Tables, "memory" | "watch" | "guards">): DynamoDBDocumentClient {
  const operator = { functionName: "operator", notes: new Map() } as unknown as Invocation;
  const send = async (command: { input: Keyed; constructor: { name: string } }) => {
    guards.see(command.input, namesOf(command).name);
    const answer = memory.answer(command);
    watch.written(command, operator);
    return answer;
  };
  return { send } as unknown as DynamoDBDocumentClient;
}

function atWork({ current }: Environment): Invocation {
  if (!current) throw new Error("nobody is at work here");
  return current;
}

function namesOf(command: { input: Keyed; constructor: { name: string } }): { name: string; what: string } {
  const { input } = command;
  const name = command.constructor.name.replace("Command", "");
  const key = input.Key ?? input.Item;
  const about = key ? (key.assetId ?? key.account ?? `${key.pk ?? key.series ?? ""} ${key.sk ?? ""}`) : "";
  return { name, what: `${name} ${input.TableName ?? ""} ${about} ${key?.commandId ?? ""}`.trimEnd() };
}

/** From a customer's consent to our row. */
const RELINK_MS = 80;

const KEYS: Record<string, string[]> = {
  accounts: ["account"],
  commands: ["assetId", "commandId"],
  readings: ["assetId", "stream"],
  schedule: ["pk", "sk"],
};

export function rowReader(memory: MemoryDocumentClient) {
  return (table: string, write: Write): Record<string, unknown> | undefined => {
    const given = write.Key ?? {};
    const names = KEYS[table] ?? ["assetId"];
    const Key = Object.fromEntries(names.map((name) => [name, given[name]]));
    return memory.answer(new GetCommand({ TableName: table, Key, ConsistentRead: true })).Item as
      | Record<string, unknown>
      | undefined;
  };
}

/** The vendor's HTTP interface: one call, one effect, and an answer that may never come. */
export function vendorFetch(world: World, environment: Environment, cloud: VendorCloud): Fetch {
  const fetch = async (url: URL, init: { method: string; headers: Record<string, string>; body?: string }) => {
    const invocation = atWork(environment);
    const [, vendorAssetId = "", path] = url.pathname.split("/");
    const token = (init.headers.authorization ?? "").replace("Bearer ", "");
    const kind = path === "command" ? "command" : path === "wake" ? "wake" : "data";
    const call: VendorCall = {
      kind,
      vendorAssetId,
      token,
      ...(kind === "command" && { wish: JSON.parse(init.body ?? "{}") }),
    };
    const answer = await effect(world, invocation, {
      place: kind === "command" ? "command" : "look",
      what: `calls ${kind} ${vendorAssetId}`,
      about: cloud.assetIdOf(vendorAssetId),
      latencyMs: 80 + world.engine.random() * 700,
      act: (strike) => cloud.answer(call, strike, invocation),
    });
    if (answer === "silence") {
      await pause(world, invocation, 8_000);
      throw new DOMException("no answer", "TimeoutError");
    }
    return { status: answer.status, headers: new Headers(answer.headers), text: async () => answer.text };
  };
  return fetch as unknown as Fetch;
}

/** The vendor's token endpoint as `shared/oauth.ts` would put its answers. */
export function renewalFrom(world: World, invocation: Invocation, cloud: VendorCloud, watch: Watch) {
  return async () => async (pair: TokenPair) => {
    const { books, manifest } = cloud;
    const renewed = (isHeard: boolean) => {
      const answer = books.renew(pair.refreshToken, world.engine.nowMs());
      if (answer === "refused") {
        watch.logins.refused(pair.refreshToken);
        return { kind: "refused" as const };
      }
      const { accessToken, refreshToken, expiresInSeconds } = answer;
      watch.rotated({ account: `${manifest.name}#${answer.accountId}`, refreshToken, isHeard }, invocation);
      return { kind: "renewed" as const, accessToken, refreshToken, expiresInSeconds };
    };
    const answered = watch.logins.asks(pair, books.endsMs(pair.accessToken), invocation);
    const answer = await effect(world, invocation, {
      place: "token",
      what: `renews ${pair.refreshToken}`,
      latencyMs: 100 + world.engine.random() * 600,
      act: (strike) => {
        if (strike?.kind === "unavailable") return "unavailable" as const;
        if (strike?.kind === "silent") return "silence" as const;
        if (strike?.kind === "silent-done") {
          renewed(false);
          return "silence" as const;
        }
        if (strike?.kind !== "relinked") return renewed(true);
        const isBefore = strike.random() < 0.5;
        const answer = isBefore ? undefined : renewed(true);
        cloud.relink(books.ownerOf(pair.refreshToken) ?? "", strike.random() * RELINK_MS);
        return answer ?? renewed(true);
      },
    });
    answered();
    if (answer === "unavailable") {
      throw new VendorError({ fault: "transient", operation: "token refresh", status: 503, message: "HTTP 503" });
    }
    if (answer !== "silence") return answer;
    await pause(world, invocation, 8_000);
    throw new VendorError({ fault: "transient", operation: "token refresh", message: "no answer", mayHaveActed: true });
  };
}

export function pause(world: World, invocation: Invocation, ms: number): Promise<void> {
  return new Promise((resolve) => {
    world.engine.after(ms, () => {
      if (invocation.isDead) return false;
      resolve();
      return true;
    });
  });
}

/** Envelopes without secrecy that still refuse another account's context, behind a key service that may fail. */
export function sealerOf(world: World, invocation: Invocation): Sealer {
  return {
    prepare: (context) =>
      effect(world, invocation, {
        place: "seal",
        what: "fetches a data key",
        latencyMs: 5 + world.engine.random() * 20,
        act: (strike) => {
          if (strike?.kind === "refused") throw new ServiceError("no data key");
          return (plaintext: string) => ({ wrappedKey: "", iv: "", tag: JSON.stringify(context), data: plaintext });
        },
      }),
    async open(sealed, context) {
      if (sealed.tag !== JSON.stringify(context)) throw new Error("sealed for another account");
      return sealed.data;
    },
  };
}

/** The clock of the machine that an invocation runs on. */
export function clockOf({ engine }: World, environment: Environment): () => Instant {
  return () => instant(engine.nowMs() + environment.skewMs);
}

/** Log lines go into the trace, and to the watch, which knows by them what was given up. */
export function logOf(world: World, invocation: Invocation, watch: Watch, context: object = {}): Log {
  const add = (code: string, fields: object) => {
    watch.logged(code, fields as Record<string, unknown>, invocation);
    world.trace.add(`${world.engine.nowMs()} ${invocation.id} ${code} ${JSON.stringify({ ...context, ...fields })}`);
  };
  return {
    info: (code, fields = {}) => add(code, fields),
    warn: (code, fields = {}) => add(code, fields),
    error: (code, error, fields = {}) =>
      add(code, { ...fields, error: error instanceof Error ? error.message : String(error) }),
    with: (fields) => logOf(world, invocation, watch, { ...context, ...fields }),
  };
}
