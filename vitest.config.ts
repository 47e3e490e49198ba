import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/longest-first.ts";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/closing-line.ts"],
    globalSetup: ["./test/temporary-folder.ts", "./test/assembly.ts"],
    // A function process or the CDK library may need a moment on a busy machine; nothing here waits for time to pass.
    testTimeout: 60_000,
    // The default leaves one core idle, which on two cores is half of them.
    maxWorkers: "100%",
    // Files share their worker's modules: no module is ever replaced here, and loading them anew took a fifth of the time.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    hookTimeout: 120_000,
    env: {
      // The template validator loads for seconds; CI synthesises with it once.
      CDK_VALIDATION: "false",
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    },
  },
});
