import { createServer, request as forward } from "node:http";

export type Relay = { close(): Promise<void> };

/** Listens where a deployed stage was told that a vendor is, and passes everything on to the simulator that plays it. */
export async function startRelay(publicUrl: string, simulatorUrl: string): Promise<Relay> {
  const { port, protocol } = new URL(publicUrl);
  if (protocol !== "http:" || port === "")
    throw new Error(`${publicUrl} is no address to listen at: simulators are reached by http, with a port`);
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
    server.once("error", (error) => reject(new Error(`cannot listen at ${publicUrl}: ${error.message}`)));
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
