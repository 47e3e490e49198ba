import { createHash, createHmac } from "node:crypto";

export type Credentials = { accessKeyId: string; secretAccessKey: string };

export type SignedCall = {
  endpoint: string;
  region: string;
  credentials: Credentials;
  /** As AWS signs it: `logs`, `monitoring`, `iam` … */
  service: string;
  method?: "GET" | "POST";
  path?: string;
  headers?: Record<string, string>;
  body?: string;
};

/**
 * One AWS request with Signature Version 4, for the few services whose SDK client no product code needs. The emulator checks
 * signatures as AWS does. Answers status and body; throws only when nobody answers.
 */
export async function signedCall(call: SignedCall, now = new Date()): Promise<{ status: number; body: string }> {
  const { endpoint, region, credentials, service, method = "POST", path = "/", body = "" } = call;
  const url = new URL(path, endpoint);
  const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = stamp.slice(0, 8);
  const headers: Record<string, string> = { ...lowerCased(call.headers ?? {}), host: url.host, "x-amz-date": stamp };
  const names = Object.keys(headers).sort();
  const signedHeaders = names.join(";");
  const canonical = [
    method,
    url.pathname,
    url.search.slice(1),
    ...names.map((name) => `${name}:${headers[name]}`),
    "",
    signedHeaders,
    sha256(body),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [day, region, service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = hmac(key, ["AWS4-HMAC-SHA256", stamp, scope, sha256(canonical)].join("\n")).toString("hex");
  const { host: _, ...sent } = headers;
  const response = await fetch(url, {
    method,
    headers: {
      ...sent,
      authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
    },
    ...(method === "POST" ? { body } : {}),
  });
  return { status: response.status, body: await response.text() };
}

function lowerCased(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]));
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
