import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Where a server of this machine alone is reached, and how it ends. `address` is host and port. */
export type Loopback = { address: string; close(): void };

/** Lets a server listen at a free port of this machine, without the limits that the virtual clock would make meaningless. */
export async function listenOnLoopback(server: Server): Promise<Loopback> {
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
