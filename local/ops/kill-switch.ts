import type { Command } from "commander";
import type { KillSwitch } from "../../shared/store/kill-switch.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { field } from "./printable.ts";
import type { Target } from "./target.ts";

/** Adds `kill-switch on`, `off` and `status`. */
export function addKillSwitchCommands(root: Command, open: () => Promise<Target>, print: (text: string) => void): void {
  const kill = root.command("kill-switch").description("stops all control; devices follow their owners' own schedules");
  const by = "who asks for it, for the audit trail";
  kill
    .command("on")
    .description("no command goes out any more, but those that give devices back")
    .requiredOption("--reason <text>", "why, in a few words")
    .option("--by <name>", by, "ops")
    .action(async ({ reason, by }: { reason: string; by: string }) => print(await set(true, reason, by, await open())));
  kill
    .command("off")
    .description("control goes on with the next plans")
    .option("--reason <text>", "why, in a few words", "control goes on")
    .option("--by <name>", by, "ops")
    .action(async ({ reason, by }: { reason: string; by: string }) =>
      print(await set(false, reason, by, await open())),
    );
  kill
    .command("status")
    .description("whether it is on, since when and why")
    .option("--json", "for scripts")
    .action(async ({ json }: { json?: true }) => {
      const target = await open();
      const now = await target.connection.killSwitch.read();
      print(json ? JSON.stringify(now, null, 2) : statusText(now, target.name));
    });
}

async function set(isOn: boolean, reason: string, by: string, { name, connection }: Target): Promise<string> {
  if (reason.trim() === "" || by.trim() === "") throw new BadInput("Say why and who, in a few words each.");
  const before = await connection.killSwitch.read();
  const announce = () => connection.bus.publish([{ name: "ControlSwitched", detail: { isOn } }]);
  if (before.isOn === isOn) {
    // Whoever switched may not have come to tell it.
    await announce();
    return `${statusText(before, name)}\nNothing was changed; it is told again to the optimiser.`;
  }
  const done = await connection.killSwitch.set({ isOn, since: connection.now(), by, reason });
  if (!done) throw new BadInput("Somebody else switched at the same moment: look with kill-switch status.");
  await announce();
  const next = isOn
    ? [
        "No command is sent from now on; those that wait are withdrawn. What a vendor",
        "has taken already goes on, and is judged. Devices that were held back are given",
        "back to their owners over the next ten minutes. To go on:",
        "  npm run ops -- kill-switch off",
      ]
    : ["Everybody is planned anew, and plans are followed again."];
  return [statusText(done, name), ...next].join("\n");
}

function statusText(now: KillSwitch, name: string): string {
  if (now.since === null) return `The kill switch of ${name} is off, and never was on.`;
  return [
    `The kill switch of ${name} is ${now.isOn ? "ON" : "off"}.`,
    ...field("since", now.since),
    ...field("by", now.by),
    ...field("reason", now.reason),
  ].join("\n");
}
