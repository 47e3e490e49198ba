// A process as Lambda starts one: log lines go to standard output, what a caller would see goes to standard error.
import type { Context } from "aws-lambda";
import * as z from "zod";
import { IntegrationFacts } from "../../shared/domain/manifest.ts";
import { EnvText, lambdaHandler } from "../../shared/handler.ts";
import { jsonText } from "../../shared/json.ts";

const tell = (seen: object) => process.stderr.write(`${JSON.stringify(seen)}\n`);

const handler = lambdaHandler({
  service: "fixture",
  event: z.object({ tickAt: z.string(), nested: z.object({ count: z.number() }).optional() }),
  environment: z.object({
    FIXTURE_TABLE: EnvText,
    FIXTURE_BUS: EnvText,
    FIXTURE_INTEGRATIONS: jsonText(z.array(IntegrationFacts).min(1)),
  }),
  dependencies: (env) => {
    tell({ built: env.FIXTURE_TABLE });
    return { table: env.FIXTURE_TABLE };
  },
  run: async ({ tickAt }, deps) => {
    deps.meter.add("verdicts_failed", tickAt === "throw" ? 2 : 0);
    if (tickAt === "throw") throw new Error("the table is gone: token=abc123");
    return { table: deps.table, leftMs: deps.remainingMs(), now: typeof deps.now() };
  },
});

for (const [index, event] of JSON.parse(process.argv[2] ?? "[]").entries()) {
  const context = { awsRequestId: `request-${index}`, getRemainingTimeInMillis: () => 1234 } as Context;
  await handler(event, context).then(
    (answer) => tell({ answer }),
    (error: Error) => tell({ thrown: error.name, message: error.message }),
  );
}
