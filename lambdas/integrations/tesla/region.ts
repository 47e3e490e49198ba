import type { HttpAnswer } from "../../../shared/http.ts";

// The value decides where a bearer token goes: an exact list, no pattern. North America also serves Asia and the Pacific.
const REGION_HOSTS = [
  "fleet-api.prd.na.vn.cloud.tesla.com",
  "fleet-api.prd.eu.vn.cloud.tesla.com",
  "fleet-api.prd.cn.vn.cloud.tesla.cn",
];

/**
 * Where an answer 421 sends us, by its text or by its `Alt-Svc` header. From one of Tesla's regions only to another of
 * them; from any other host (a compatible service, a proxy, a simulator) only to itself, because its key is not Tesla's.
 */
export function regionOf(answer: HttpAnswer, asked: URL): URL | undefined {
  const isTesla = (url: URL) =>
    url.protocol === "https:" && url.port === "" && REGION_HOSTS.includes(url.hostname) && url.origin !== asked.origin;
  const isAllowed = REGION_HOSTS.includes(asked.hostname) ? isTesla : (url: URL) => url.origin === asked.origin;
  const named = namedBy(answer).find(isAllowed);
  return named && new URL(named.origin);
}

function namedBy({ text, headers }: HttpAnswer): URL[] {
  const inText = text.match(/https?:\/\/[^\s"\\,;]+/g) ?? [];
  const inHeader = [...(headers.get("alt-svc") ?? "").matchAll(/h2="?(?:https:\/\/)?([^",;\s]+)/g)];
  const named = [...inText.map(withoutFullStop), ...inHeader.map(([, authority]) => `https://${authority}`)];
  return named.flatMap((url) => (URL.canParse(url) ? [new URL(url)] : []));
}

function withoutFullStop(url: string): string {
  return url.replace(/\.$/, "");
}

/** The regions that customers turned out to live in, for the life of the process: a wrong one costs a call each time. */
export class Regions {
  readonly #byAccount = new Map<string, URL>();

  of(accountId: string, configured: URL): URL {
    const known = this.#byAccount.get(accountId);
    return known && REGION_HOSTS.includes(configured.hostname) ? known : configured;
  }

  learn(accountId: string, region: URL): void {
    this.#byAccount.set(accountId, region);
  }
}
