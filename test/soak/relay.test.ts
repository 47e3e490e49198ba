import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { freePort } from "../../local/free-port.ts";
import { relaysFor, startRelay } from "../../local/soak/relay.ts";
import type { Customer } from "../../local/soak/world.ts";

const addressOf = (server: ReturnType<typeof createServer>) =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** An address of this machine that nobody listens at. */
const freeAddress = async () => `http://127.0.0.1:${await freePort()}`;

const world = (vendorUrl: string) => ({
  customers: [{ simulation: { endpoints: { ACME_API_URL: vendorUrl } } } as unknown as Customer],
  feedEndpoints: { OCTOPUS_API_URL: vendorUrl },
});

it("passes requests on to the simulator, path and body, and answers with its answer", async () => {
  const simulator = createServer((request, response) => {
    request.setEncoding("utf8").once("data", (body: string) => response.writeHead(201).end(`${request.url} ${body}`));
  }).listen(0);
  const there = await freeAddress();
  const relay = await startRelay(`${there}/vendor`, `${addressOf(simulator)}/api`);
  try {
    const answer = await fetch(`${there}/vendor/cars?x=1`, { method: "POST", body: "hello" });
    expect([answer.status, await answer.text()]).toEqual([201, "/api/cars?x=1 hello"]);
  } finally {
    await relay.close();
    simulator.close();
  }
});

it("listens for every vendor, and for a feed only where the stage does not ask the real one", async () => {
  const simulator = createServer((_, response) => response.end("here")).listen(0);
  const there = await freeAddress();
  const relays = await relaysFor(world(addressOf(simulator)), { ACME_API_URL: there }, "HEADROOM_DEV_ENDPOINTS");
  try {
    expect(relays).toHaveLength(1);
    expect(await (await fetch(there)).text()).toBe("here");
  } finally {
    await Promise.all(relays.map((relay) => relay.close()));
    simulator.close();
  }
});

it("refuses a stage that would ask a real vendor", async () => {
  const relays = relaysFor(world("http://127.0.0.1:1"), {}, "HEADROOM_DEV_ENDPOINTS");
  await expect(relays).rejects.toThrow("HEADROOM_DEV_ENDPOINTS does not name ACME_API_URL");
});

it("refuses an address that it cannot listen at, and gives back those that it could", async () => {
  const taken = createServer().listen(0);
  const free = await freeAddress();
  const twice = (addresses: Record<string, string>) => relaysFor(world(free), addresses, "HEADROOM_DEV_ENDPOINTS");
  try {
    const both = twice({ ACME_API_URL: free, OCTOPUS_API_URL: addressOf(taken) });
    await expect(both).rejects.toThrow(/Nobody can listen at .*EADDRINUSE.*another soak/);
    await expect(fetch(free)).rejects.toThrow();
    await expect(twice({ ACME_API_URL: "https://vendors.example" })).rejects.toThrow("by http, with a port");
  } finally {
    taken.close();
  }
});
