import type { Properties } from "./deployed.ts";
import { signedCall } from "./signed-call.ts";

export const endpoint = process.env.AWS_ENDPOINT_URL ?? "";
export const region = process.env.AWS_REGION ?? "";
const credentials = {
  accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? "",
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? "",
};

/** An operation of a service that speaks JSON, e.g. `logs` and `Logs_20140328.DescribeLogGroups`. */
export async function awsJson(service: string, target: string, input: object): Promise<Properties> {
  const headers = { "content-type": "application/x-amz-json-1.0", "x-amz-target": target };
  return parsed(await signedCall({ endpoint, region, credentials, service, headers, body: JSON.stringify(input) }));
}

/** A GET of a service that speaks REST, e.g. `scheduler` and `/schedules/name`. */
export async function awsRest(service: string, path: string): Promise<Properties> {
  return parsed(await signedCall({ endpoint, region, credentials, service, method: "GET", path }));
}

/** An operation of IAM, which takes a form and answers in XML. */
export async function iam(Action: string, input: Record<string, string>): Promise<string> {
  const body = new URLSearchParams({ Action, Version: "2010-05-08", ...input }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const answer = await signedCall({ endpoint, region: "us-east-1", credentials, service: "iam", headers, body });
  if (answer.status >= 300) throw new Error(`${Action}: ${answer.status} ${answer.body.slice(0, 300)}`);
  return answer.body;
}

function parsed({ status, body }: { status: number; body: string }): Properties {
  if (status >= 300) throw new Error(`${status}: ${body.slice(0, 300)}`);
  return JSON.parse(body);
}
