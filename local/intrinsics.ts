import type { StackTemplate } from "./assembly.ts";
import { ACCOUNT, type Identity, identify, NAME_PROPERTIES, REGION } from "./identity.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** A template uses an intrinsic function, parameter or attribute that the local platform does not resolve. */
export class UnsupportedIntrinsic extends Error {
  override name = "UnsupportedIntrinsic";
}

const PSEUDO_PARAMETERS: Record<string, string> = {
  "AWS::AccountId": ACCOUNT,
  "AWS::Partition": "aws",
  "AWS::Region": REGION,
  "AWS::URLSuffix": "amazonaws.com",
};

export type Resolver = {
  /** A value of the named stack with every intrinsic function replaced; `undefined` when it is AWS::NoValue. */
  resolve(stackName: string, value: Json): Json | undefined;
  identity(stackName: string, logicalId: string): Identity;
};

export function createResolver(stacks: StackTemplate[], gatewayUrl: string): Resolver {
  const byName = new Map(stacks.map((stack) => [stack.name, stack]));
  const identities = new Map<string, Identity | "being resolved">();

  function identity(stackName: string, logicalId: string): Identity {
    const key = `${stackName}/${logicalId}`;
    const known = identities.get(key);
    if (known === "being resolved") throw new UnsupportedIntrinsic(`${key}: its name depends on itself`);
    if (known) return known;
    const resource = byName.get(stackName)?.template.Resources?.[logicalId];
    if (!resource) throw new UnsupportedIntrinsic(`${key}: no such resource`);
    identities.set(key, "being resolved");
    const given: Record<string, string | undefined> = {};
    for (const property of NAME_PROPERTIES[resource.Type] ?? []) {
      const value = resource.Properties?.[property];
      if (value !== undefined) given[property] = text(resolve(stackName, value), key);
    }
    const found = identify({ type: resource.Type, logicalId, stackName, given }, gatewayUrl);
    identities.set(key, found);
    return found;
  }

  function resolve(stackName: string, value: Json): Json | undefined {
    if (Array.isArray(value)) return value.map((item) => resolve(stackName, item)).filter((item) => item !== undefined);
    if (!isObject(value)) return value;
    const keys = Object.keys(value);
    const only = keys.length === 1 ? (keys[0] as string) : undefined;
    if (only === "Ref" || only?.startsWith("Fn::")) return intrinsic(stackName, only, value[only] as Json);
    const result: JsonObject = {};
    for (const [key, item] of Object.entries(value)) {
      const resolved = resolve(stackName, item);
      if (resolved !== undefined) result[key] = resolved;
    }
    return result;
  }

  function intrinsic(stackName: string, name: string, argument: Json): Json | undefined {
    const where = `${name} in stack ${stackName}`;
    const list = (value: Json) => {
      const resolved = resolve(stackName, value);
      if (!Array.isArray(resolved)) throw new UnsupportedIntrinsic(`${where}: expected a list`);
      return resolved;
    };
    switch (name) {
      case "Ref":
        return ref(stackName, text(argument, where));
      case "Fn::GetAtt": {
        const [logicalId, ...path] = Array.isArray(argument) ? argument : text(argument, where).split(".");
        return attribute(stackName, text(logicalId, where), path.join("."));
      }
      case "Fn::Join": {
        const [separator, parts] = argument as [Json, Json];
        return list(parts)
          .map((part) => text(part, where))
          .join(text(separator, where));
      }
      case "Fn::Split": {
        const [separator, source] = argument as [Json, Json];
        return text(resolve(stackName, source), where).split(text(separator, where));
      }
      case "Fn::Select": {
        const [position, items] = argument as [Json, Json];
        const chosen = list(items)[Number(position)];
        if (chosen === undefined) throw new UnsupportedIntrinsic(`${where}: no item ${String(position)}`);
        return chosen;
      }
      case "Fn::Sub":
        return substitute(stackName, argument, where);
      case "Fn::ImportValue":
        return imported(text(resolve(stackName, argument), where));
      default:
        throw new UnsupportedIntrinsic(`${where} is not supported by the local platform`);
    }
  }

  function ref(stackName: string, target: string): Json | undefined {
    if (target === "AWS::NoValue") return undefined;
    if (target === "AWS::StackName") return stackName;
    if (target.startsWith("AWS::")) {
      const known = PSEUDO_PARAMETERS[target];
      if (known === undefined) throw new UnsupportedIntrinsic(`Ref ${target} in stack ${stackName} is not supported`);
      return known;
    }
    const parameter = byName.get(stackName)?.template.Parameters?.[target];
    if (!parameter) return identity(stackName, target).ref;
    if (parameter.Default === undefined || parameter.Type.startsWith("AWS::")) {
      throw new UnsupportedIntrinsic(`Ref ${target} in stack ${stackName}: only parameters with a plain default`);
    }
    return parameter.Default;
  }

  function attribute(stackName: string, logicalId: string, path: string): string {
    const value = identity(stackName, logicalId).attributes[path];
    if (value === undefined) {
      throw new UnsupportedIntrinsic(`Fn::GetAtt ${logicalId}.${path} in stack ${stackName} is not supported`);
    }
    return value;
  }

  function substitute(stackName: string, argument: Json, where: string): string {
    const [source, variables] = Array.isArray(argument) ? argument : [argument, {}];
    return text(source, where).replace(/\$\{(!?)([^}]+)\}/g, (_whole, literal: string, target: string) => {
      if (literal) return `\${${target}}`;
      const own = isObject(variables) ? variables[target] : undefined;
      if (own !== undefined) return text(resolve(stackName, own), where);
      const [logicalId, ...path] = target.split(".");
      if (path.length > 0) return attribute(stackName, logicalId as string, path.join("."));
      return text(ref(stackName, target), where);
    });
  }

  function imported(exportName: string): Json | undefined {
    for (const stack of stacks) {
      for (const output of Object.values(stack.template.Outputs ?? {})) {
        if (output.Export && resolve(stack.name, output.Export.Name) === exportName) {
          return resolve(stack.name, output.Value);
        }
      }
    }
    throw new UnsupportedIntrinsic(`Fn::ImportValue ${exportName}: no stack of this stage exports it`);
  }

  return { resolve, identity };
}

function text(value: Json | undefined, where: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new UnsupportedIntrinsic(`${where}: expected text, got ${JSON.stringify(value)}`);
}
