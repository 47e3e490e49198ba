import { expect, it } from "vitest";
import { soakCommand } from "../../local/soak/cli.ts";

const ENDPOINTS = { HEADROOM_DEV_ENDPOINTS: "EASEE_API_URL=http://127.0.0.1:1" };

async function run(args: string[], environment: Record<string, string>) {
  const ran = { out: "", err: "" };
  const code = await soakCommand(args, environment, {
    out: (text) => {
      ran.out += text;
    },
    err: (text) => {
      ran.err += text;
    },
    onSignal: () => {},
  });
  return { code, ...ran };
}

it.each<[string, Record<string, string>, RegExp]>([
  ["", ENDPOINTS, /required option '--stage <name>' not specified/],
  ["--stage test", ENDPOINTS, /Allowed choices are dev, prod/],
  ["--stage dev --hours 0", ENDPOINTS, /a number of hours, up to 168/],
  ["--stage dev --hours soon", ENDPOINTS, /a number of hours, up to 168/],
  ["--stage dev --hours 169", ENDPOINTS, /a number of hours, up to 168/],
  ["--stage dev now", ENDPOINTS, /too many arguments/],
  ["--stage dev --for 3", ENDPOINTS, /unknown option '--for'/],
  ["--stage dev", {}, /^HEADROOM_DEV_ENDPOINTS is not set: .*as it was deployed with/],
  ["--stage prod", ENDPOINTS, /^HEADROOM_PROD_ENDPOINTS is not set/],
  [
    "--stage dev",
    { HEADROOM_DEV_ENDPOINTS: "easee.example" },
    /^HEADROOM_DEV_ENDPOINTS: "easee.example" is no endpoint/,
  ],
  ["--stage dev --verdict /nowhere/soak.json", ENDPOINTS, /^--verdict .* there is no folder \/nowhere/],
])("refuses `%s` before it begins, with what is wrong", async (line, environment, says) => {
  const { code, err } = await run(line.split(" ").filter(Boolean), environment);
  expect([code, err]).toEqual([2, expect.stringMatching(says)]);
});

it("tells what it is for", async () => {
  const { code, out } = await run(["--help"], {});
  expect(code).toBe(0);
  expect(out).toContain("HEADROOM_<STAGE>_ENDPOINTS");
});
