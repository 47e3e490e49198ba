import { readFileSync } from "node:fs";
import { checkOutput, writeOutput } from "./output-file.ts";
import { planCommand } from "./plan/cli.ts";

process.exitCode = planCommand(process.argv.slice(2), {
  read: (path) => readFileSync(path, "utf8"),
  write: (path, text) => {
    checkOutput("--json", path);
    writeOutput(path, text);
  },
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
