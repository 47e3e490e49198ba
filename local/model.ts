import { type Problem, type StackTemplate, UnsupportedResource } from "./assembly.ts";
import { createResolver, UnsupportedIntrinsic } from "./intrinsics.ts";
import { type PropertiesOf, RESOURCE_SCHEMAS, type ResourceType } from "./resource-schemas.ts";

export type Resource<T extends ResourceType> = {
  type: T;
  logicalId: string;
  stack: string;
  stackName: string;
  ref: string;
  attributes: Record<string, string>;
  properties: PropertiesOf<T>;
};

/** Every resource of the stage, resolved and parsed. */
export type Model = {
  all: Resource<ResourceType>[];
  of<T extends ResourceType>(type: T): Resource<T>[];
  /** The directory that holds the code of a function with this S3 key. */
  codePath(s3Key: string): string | undefined;
};

/** Resolves and parses every resource; all that is unsupported is reported at once. */
export function buildModel(stacks: StackTemplate[], gatewayUrl: string): Model {
  const resolver = createResolver(stacks, gatewayUrl);
  const problems: Problem[] = [];
  const all: Resource<ResourceType>[] = [];
  for (const stack of stacks) {
    for (const [logicalId, resource] of Object.entries(stack.template.Resources ?? {})) {
      const type = resource.Type as ResourceType;
      const refuse = (what: string) => problems.push({ type, logicalId, stack: stack.path, what });
      try {
        const { ref, attributes } = resolver.identity(stack.name, logicalId);
        const schema = RESOURCE_SCHEMAS[type];
        // What has no local effect may use any intrinsic: nobody reads it.
        const properties = "Properties" in resource && isRead(type) ? resource.Properties : {};
        const parsed = schema.safeParse(resolver.resolve(stack.name, properties ?? {}));
        if (!parsed.success) {
          for (const issue of parsed.error.issues) refuse(describe(issue));
          continue;
        }
        const found = { type, logicalId, stack: stack.path, stackName: stack.name, ref, attributes };
        all.push({ ...found, properties: parsed.data } as Resource<ResourceType>);
      } catch (error) {
        if (!(error instanceof UnsupportedIntrinsic)) throw error;
        refuse(error.message);
      }
    }
  }
  if (problems.length > 0) throw new UnsupportedResource(problems);
  return {
    all,
    of: <T extends ResourceType>(type: T) => all.filter((resource): resource is Resource<T> => resource.type === type),
    codePath: (s3Key) => stacks.map((stack) => stack.codePaths.get(s3Key)).find((path) => path !== undefined),
  };
}

function isRead(type: ResourceType): boolean {
  return RESOURCE_SCHEMAS[type].description === undefined;
}

function describe(issue: { code: string; path: PropertyKey[]; message: string; keys?: string[] }): string {
  const at = issue.path.map(String).join(".");
  if (issue.code !== "unrecognized_keys") return `property ${at}: ${issue.message}`;
  const names = (issue.keys ?? []).map((key) => (at ? `${at}.${key}` : key));
  return `property ${names.join(", ")} is not supported`;
}
