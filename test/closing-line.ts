import type { Reporter, TestModule } from "vitest/node";

/** Ends every run with one plain line that any script can read: `N passed, N failed`, and `, N skipped` if there are. */
// Vitest loads a reporter by its default export.
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let skipped = 0;
    let failed = unhandledErrors.length;
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed") passed++;
        else if (state === "failed") failed++;
        else skipped++;
      }
      // A file that fails before its first test has no failed test to count.
      if (module.errors().length > 0) failed++;
    }
    // After vitest's own summary, which the default reporter prints on the same event.
    process.once("exit", () => {
      process.stdout.write(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
    });
  }
}
