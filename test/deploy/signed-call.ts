import { HttpRequest } from "@smithy/core/protocols";
import { Hash } from "@smithy/core/serde";
import { SignatureV4 } from "@smithy/signature-v4";

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
export async function signedCall(call: SignedCall): Promise<{ status: number; body: string }> {
  const { endpoint, region, credentials, service, method = "POST", path = "/", body = "" } = call;
  const url = new URL(path, endpoint);
  const signer = new SignatureV4({ credentials, region, service, sha256: Hash.bind(null, "sha256") });
  const { headers } = await signer.sign(
    new HttpRequest({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      port: Number(url.port),
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...call.headers, host: url.host },
      body,
    }),
  );
  const response = await fetch(url, { method, headers, ...(method === "POST" ? { body } : {}) });
  return { status: response.status, body: await response.text() };
}
