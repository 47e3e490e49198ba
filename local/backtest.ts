import { runBacktest } from "./backtest/cli.ts";

// `npm run backtest -- … | head` ends the reader first.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runBacktest(process.argv.slice(2), {
  out: process.stdout,
  err: process.stderr,
  nowMs: () => performance.now(),
});
