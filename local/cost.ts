import { runCost } from "./cost/cli.ts";

// `npm run cost -- … | head` ends the reader first.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runCost(process.argv.slice(2), { out: process.stdout, err: process.stderr });
