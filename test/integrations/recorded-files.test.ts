import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { VendorError } from "../../shared/errors.ts";
import { Fixture, play } from "../conformance/fixture.ts";
import { integrationNames, loadFolder } from "../conformance/folder.ts";

const SHARED = process.env.HEADROOM_SHARED_DATA;
const DATA = SHARED ? pathToFileURL(`${SHARED}/`) : new URL("../../../shared/data/", import.meta.url);
const FOLDERS = new URL("vendors/", DATA);
const TESTS = new URL("./", import.meta.url);

/** Nothing here reads these: there is no integration of theirs. */
const WITHOUT_INTEGRATION = ["enphase", "fronius", "melcloud", "ocpp", "zaptec"];

/** Every recorded file, as folder and name. */
function recordedFiles(): string[] {
  return readdirSync(FOLDERS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => readdirSync(new URL(`${name}/`, FOLDERS)).map((file) => `${name}/${file}`))
    .filter((file) => file.endsWith(".json"));
}

/** True when a vendor's own test of recorded payloads names the file. */
function isRead(file: string): boolean {
  const [vendor, name = ""] = file.split("/");
  const test = new URL(`${vendor}-recorded.test.ts`, TESTS);
  return existsSync(test) && readFileSync(test, "utf8").includes(`"${name}"`);
}

describe.skipIf(!existsSync(FOLDERS))("the payloads recorded by others", () => {
  it("are each read by the test of their vendor, or of a vendor without an integration", () => {
    const isOfVendorWithout = (file: string) => WITHOUT_INTEGRATION.some((vendor) => file.startsWith(`${vendor}/`));
    expect(recordedFiles().filter((file) => !isRead(file) && !isOfVendorWithout(file))).toEqual([]);
    const integrations = readdirSync(new URL("../../lambdas/integrations/", import.meta.url));
    expect(WITHOUT_INTEGRATION.filter((vendor) => integrations.includes(vendor))).toEqual([]);
  });

  // What another vendor says is the most foreign shape there is: never a reading, and nobody's fault but the message's.
  it.each(integrationNames())("of other vendors are malformed messages to %s", async (name) => {
    const folder = await loadFolder(name);
    for (const file of recordedFiles().filter((one) => !one.startsWith(`${name}/`))) {
      const text = readFileSync(new URL(file, FOLDERS), "utf8");
      if (z.looseObject({ httpStatus: z.number() }).safeParse(JSON.parse(text)).success) continue;
      const fixture = Fixture.parse({
        case: "an answer of another vendor",
        call: "look",
        answers: [{ status: 200, body: text }],
        expected: { fault: "malformed-message" },
      });
      const played = await play(fixture, { ...folder, endpoints: folder.manifest.endpoints });
      expect("thrown" in played && played.thrown, file).toBeInstanceOf(VendorError);
      expect(played, file).toMatchObject({ thrown: { fault: "malformed-message" } });
    }
  });
});
