import { soakCommand } from "./soak/cli.ts";

process.exitCode = await soakCommand(process.argv.slice(2), process.env, {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  onSignal: (stop) => {
    for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, stop);
  },
});
