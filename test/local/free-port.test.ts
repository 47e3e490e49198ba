import { createServer } from "node:net";
import { expect, it } from "vitest";
import { freePort } from "../../local/free-port.ts";

it("gives ports that can be listened at, no two alike, and none that a call may be given", async () => {
  const ports = await Promise.all(Array.from({ length: 50 }, () => freePort()));
  expect(new Set(ports).size).toBe(50);
  expect(Math.max(...ports)).toBeLessThan(32_768);
  const servers = await Promise.all(
    ports.map(
      (port) =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once("error", reject).listen(port, () => resolve(server));
        }),
    ),
  );
  expect(servers).toHaveLength(50);
  for (const server of servers) server.close();
});
