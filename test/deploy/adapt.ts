import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";

type Resource = { Type: string; Properties?: Record<string, unknown>; UpdatePolicy?: unknown };
type Template = { Resources: Record<string, Resource> };

/** What the emulator cannot make, and so is not made there; everything else is. */
const LEFT_OUT: readonly { what: string; why: string; is: (resource: Resource) => boolean }[] = [
  {
    what: "the archive of the bus",
    why: "no AWS::Events::Archive in its CloudFormation",
    is: ({ Type }) => Type === "AWS::Events::Archive",
  },
  {
    what: "alarms on metric math and on other alarms",
    why: "both refused by its CloudFormation",
    is: ({ Type, Properties }) =>
      Type === "AWS::CloudWatch::CompositeAlarm" ||
      (Type === "AWS::CloudWatch::Alarm" && Properties?.Metrics !== undefined),
  },
  {
    what: "gradual deployments: aliases move at once",
    why: "no AWS::CodeDeploy in its CloudFormation",
    is: ({ Type }) => Type.startsWith("AWS::CodeDeploy::"),
  },
  {
    what: "the budget of the bill",
    why: "no AWS::Budgets::Budget in its CloudFormation",
    is: ({ Type }) => Type === "AWS::Budgets::Budget",
  },
];

/** What the emulator makes when it is told in other words. */
const SAID_OTHERWISE = [
  "a schedule's <aws.scheduler.scheduled-time> is asked for as an input transformer: its scheduler leaves it as it stands",
  "a secret is referred to by its Id: its Ref answers a secret's name instead of the ARN",
  "the token key is granted without its condition: its IAM does not know kms:EncryptionContext",
  "the soak's secrets and key are granted without theirs: its IAM does not know their aws:ResourceTag",
];

const UNKNOWN_CONDITION = /"(kms:EncryptionContext:|aws:ResourceTag\/)/;

/** What it takes and forgets, so that nothing can be looked at: the templates' own tests guard it. */
const FORGOTTEN = ["a table's expiry, point-in-time recovery and deletion protection", "a schedule's time zone"];

/** All that differs from a deployment to AWS, a line each. */
export function adaptations(): string[] {
  return [
    ...LEFT_OUT.map(({ what, why }) => `left out: ${what} (${why})`),
    ...SAID_OTHERWISE.map((what) => `said otherwise: ${what}`),
    ...FORGOTTEN.map((what) => `forgotten by the emulator: ${what}`),
  ];
}

type Options = {
  /** False: nothing wakes by itself. */
  schedulesRun?: boolean;
};

const Assets = z.object({ files: z.record(z.string(), z.object({ source: z.object({ path: z.string() }) })) });

/** Rewrites the templates of a cloud assembly for the emulator. */
export function adapt(assembly: string, { schedulesRun = true }: Options = {}): void {
  const names = readdirSync(assembly, { recursive: true, encoding: "utf8" });
  for (const name of names.filter((one) => one.endsWith(".assets.json"))) {
    const list = join(assembly, name);
    const { files } = Assets.parse(JSON.parse(readFileSync(list, "utf8")));
    for (const [hash, { source }] of Object.entries(files)) {
      if (!source.path.endsWith(".template.json")) continue;
      const file = join(dirname(list), source.path);
      const adapted = JSON.stringify(adaptTemplate(JSON.parse(readFileSync(file, "utf8")), schedulesRun));
      writeFileSync(file, adapted);
      // Under its old name in the bucket another version may lie, which the CLI would take to be this one.
      const key = createHash("sha256").update(adapted).digest("hex");
      for (const told of [list, join(dirname(list), "manifest.json")])
        writeFileSync(told, readFileSync(told, "utf8").replaceAll(`${hash}.json`, `${key}.json`));
    }
  }
}

function adaptTemplate(template: Template, schedulesRun: boolean): Template {
  const kept = Object.entries(template.Resources).filter(([, resource]) => !LEFT_OUT.some(({ is }) => is(resource)));
  const Resources = Object.fromEntries(
    kept.map(([id, resource]) => {
      if (resource.Type === "AWS::Scheduler::Schedule") return [id, adaptSchedule(resource, schedulesRun)];
      if (resource.Type === "AWS::DynamoDB::GlobalTable") return [id, adaptTable(resource)];
      if (resource.Type === "AWS::IAM::Policy") return [id, adaptPolicy(resource)];
      // An alias's CodeDeploy group is left out.
      const { UpdatePolicy: _, ...rest } = resource;
      return [id, rest];
    }),
  );
  const secrets = kept.filter(([, { Type }]) => Type === "AWS::SecretsManager::Secret").map(([id]) => id);
  return byId({ ...template, Resources }, new Set(secrets)) as Template;
}

function adaptSchedule({ Type, Properties = {} }: Resource, runs: boolean): Resource {
  const { Input, ...target } = Properties.Target as { Input: string };
  const InputTemplate = Input.replace("<aws.scheduler.scheduled-time>", "<aws.events.event.ingestion-time>");
  if (InputTemplate === Input) throw new Error(`a schedule's input without its scheduled time: ${Input}`);
  const Target = { ...target, InputTransformer: { InputPathsMap: {}, InputTemplate } };
  return { Type, Properties: { ...Properties, Target, State: runs ? "ENABLED" : "DISABLED" } };
}

function adaptTable({ Type, Properties = {} }: Resource): Resource {
  const { SSESpecification: _, Replicas, ...kept } = Properties;
  return {
    Type,
    Properties: { ...kept, Replicas: (Replicas as { Region: unknown }[]).map(({ Region }) => ({ Region })) },
  };
}

function adaptPolicy({ Type, Properties = {} }: Resource): Resource {
  const document = Properties.PolicyDocument as { Statement: { Condition?: object }[] };
  const Statement = document.Statement.map(({ Condition, ...rest }) =>
    UNKNOWN_CONDITION.test(JSON.stringify(Condition ?? {})) ? rest : { ...rest, Condition },
  );
  return { Type, Properties: { ...Properties, PolicyDocument: { ...document, Statement } } };
}

/** The same with `Ref` of these resources as `Fn::GetAtt … Id`. */
function byId(value: unknown, ids: ReadonlySet<string>): unknown {
  if (Array.isArray(value)) return value.map((item) => byId(item, ids));
  if (typeof value !== "object" || value === null) return value;
  const { Ref } = value as { Ref?: unknown };
  if (typeof Ref === "string" && ids.has(Ref)) return { "Fn::GetAtt": [Ref, "Id"] };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, byId(item, ids)]));
}
