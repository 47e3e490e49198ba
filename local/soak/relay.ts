import { createServer, request as forward } from "node:http";
import type { Endpoints } from "../../lib/endpoints.ts";
import { BadInput } from "../feeds/bad-input.ts";
import type { World } from "./world.ts";

export type Relay = { close(): Promise<void> };

/**
 * A relay for each address that a stage was deployed with, told by the variable that named them. Throws where it names none
 * of a vendor; a feed that it does not name stays the real one.
 */
export async function relaysFor(
  { customers, feedEndpoints }: Pick<World, "customers" | "feedEndpoints">,
  addresses: Endpoints,
  variable: string,
): Promise<Relay[]> {
  const vendors: Endpoints = Object.assign({}, ...customers.map(({ simulation }) => simulation.endpoints));
  const missing = Object.keys(vendors).filter((name) => addresses[name] === undefined);
  if (missing.length > 0)
    throw new BadInput(
      `${variable} does not name ${missing.join(", ")}: the stage would ask the real ones. Deploy it with them.`,
    );
  const relays: Relay[] = [];
  try {
    for (const [name, url] of Object.entries({ ...vendors, ...feedEndpoints })) {
      const address = addresses[name];
      if (address !== undefined) relays.push(await startRelay(address, url));
    }
    return relays;
  } catch (error) {
    await Promise.all(relays.map((relay) => relay.close()));
    throw error;
  }
}

/** Listens where a deployed stage was told that a vendor is, and passes everything on to the simulator that plays it. */
export async function startRelay(publicUrl: string, simulatorUrl: string): Promise<Relay> {
  const { port, protocol } = new URL(publicUrl);
  if (protocol !== "http:" || port === "")
    throw new BadInput(`${publicUrl} is no address to listen at: simulators are reached by http, with a port.`);
  const target = new URL(simulatorUrl);
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, "");
  const server = createServer((request, response) => {
    const { method, headers, url = "/" } = request;
    const path = `${target.pathname.replace(/\/$/, "")}${url.startsWith(prefix) ? url.slice(prefix.length) : url}`;
    const onward = forward(new URL(path, target), { method, headers: { ...headers, host: target.host } }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new BadInput(`Nobody can listen at ${publicUrl} here (${error.message}): is another soak running?`)),
    );
    server.listen(Number(port), resolve);
  });
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
