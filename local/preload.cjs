"use strict";
// Loaded with --require into every function environment, before AWS's runtime client. It does two things: it stands in
// for the client's native transport (which needs a C++ build), and it gives the process the virtual time of its invocation.

const http = require("node:http");
const Module = require("node:module");

const RealDate = Date;
let virtualNowMs = Number(process.env.HEADROOM_VIRTUAL_NOW_MS);
delete process.env.HEADROOM_VIRTUAL_NOW_MS;

function VirtualDate(...parts) {
  if (new.target === undefined) return new RealDate(virtualNowMs).toString();
  return Reflect.construct(RealDate, parts.length === 0 ? [virtualNowMs] : parts, new.target);
}
VirtualDate.prototype = RealDate.prototype;
VirtualDate.prototype.constructor = VirtualDate;
VirtualDate.now = () => virtualNowMs;
VirtualDate.parse = RealDate.parse;
VirtualDate.UTC = RealDate.UTC;
Object.defineProperty(VirtualDate, "name", { value: "Date" });
Object.defineProperty(VirtualDate, "length", { value: 7 });
globalThis.Date = VirtualDate;
// No time passes in an invocation, so nothing can take too long in it, however busy the machine is.
AbortSignal.timeout = () => new AbortController().signal;
// And no waiting makes it later.
require("node:timers/promises").setTimeout = async () => {};
Module.syncBuiltinESMExports();

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const prefix = "/2018-06-01/runtime/invocation";
const exit = process.exit.bind(process);

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { "Content-Length": Buffer.byteLength(body) };
    const request = http.request({ hostname, port, agent, method, path, headers }, (response) => {
      response.setEncoding("utf8");
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => resolve({ bodyJson: text, headers: response.headers }));
      response.on("error", reject);
    });
    request.on("error", reject);
    request.end(body);
  });
}

// AWS's native client posts synchronously, and the runtime relies on it: after an unhandled rejection it posts the error
// and exits on the next line. So an exit waits for a post that is still on its way.
let posting;
process.exit = (code) => (posting ? void posting.finally(() => exit(code)) : exit(code));

// The host waits for these marks, so that it has every line of an invocation before it goes on.
const streams = [process.stdout, process.stderr].map((stream) => stream.write.bind(stream));

function post(id, what, body) {
  for (const write of streams) write(`\u0000end of invocation ${id}\n`);
  posting = call("POST", `${prefix}/${id}/${what}`, body).finally(() => {
    posting = undefined;
  });
  // A host that does not answer is gone, and with it the reason to live.
  posting.catch(() => exit(1));
}

const transport = {
  initializeClient() {},
  async next() {
    await posting;
    const work = await call("GET", `${prefix}/next`).catch(() => exit(0));
    virtualNowMs = Number(work.headers["headroom-virtual-now-ms"]);
    return work;
  },
  done: (id, body) => post(id, "response", body),
  error: (id, body) => post(id, "error", body),
};

const load = Module._load;
Module._load = function (request, ...rest) {
  return request.endsWith("/rapid-client.node") ? transport : load.call(this, request, ...rest);
};
