import { runSimulation } from "./simulate/cli.ts";

// `npm run simulate -- … | head` ends the reader first.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runSimulation(process.argv.slice(2), { out: process.stdout });
