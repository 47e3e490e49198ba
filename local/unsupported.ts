import { UnsupportedResource } from "./assembly.ts";

type Place = { type: string; logicalId: string; stack: string };

export function unsupported({ type, logicalId, stack }: Place, what: string): UnsupportedResource {
  return new UnsupportedResource([{ type, logicalId, stack, what }]);
}

/** Runs `work`; what it throws is something about the resource that is not supported. */
export function refusing<T>(resource: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw unsupported(resource, error instanceof Error ? error.message : String(error));
  }
}
