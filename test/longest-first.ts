import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that run whole nights, tools or fleets: begun first, so that no core waits for the last of them. */
const LONGEST = [
  "local/night-platform",
  "house/scaffold",
  "local/start-interrupted",
  "scenarios/02",
  "conformance.test",
];

/** The usual order, after the files that take longest. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((part) => moduleId.includes(`/test/${part}`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}
