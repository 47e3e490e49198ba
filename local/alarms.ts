import { runAlarms } from "./alarm-matrix/cli.ts";

process.exitCode = await runAlarms(process.argv.slice(2), { out: process.stdout, err: process.stderr });
