import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, symlinkSync } from "node:fs";
import { get } from "node:https";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../local/free-port.ts";
import { until } from "./until.ts";

const NODE_MODULES = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** No real account has this number. */
export const ACCOUNT = "000000000000";
export const REGION = "eu-west-2";
/** In the folder that it is started in. */
export const LOG_FILE = "emulator.log";
/** The emulator's root user; it checks signatures and policies, so these are not just any words. */
const ROOT = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" };

export type Emulator = {
  url: string;
  /** All that a program needs to talk to it and to nobody else: nothing of the caller's own AWS settings is passed on. */
  environment: Record<string, string>;
  /** Ends it and all that it started. */
  kill(): void;
  ended: Promise<void>;
};

/** Starts the emulator on a free loopback port, with TLS and with IAM enforced. */
export async function startEmulator(program: string, folder: string): Promise<Emulator> {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const temporary = join(folder, "tmp");
  const home = join(folder, "home");
  for (const made of [temporary, home]) mkdirSync(made, { recursive: true });
  // Lambda brings the AWS SDK. Here a function finds it where Node.js looks for packages: above its own folder.
  symlinkSync(NODE_MODULES, join(folder, "node_modules"));
  const certificate = join(temporary, "ministack-tls", "server.crt");
  const common = { PATH: process.env.PATH ?? "", HOME: home, TMPDIR: temporary, LANG: "C.UTF-8" };
  const logFile = join(folder, LOG_FILE);
  const log = openSync(logFile, "a");
  // A process group of its own: its Lambda processes end with it.
  const child = spawn(program, [], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: folder,
    env: {
      ...common,
      ...ROOT,
      BIND_HOST: "127.0.0.1",
      MINISTACK_HOST: "127.0.0.1",
      GATEWAY_PORT: String(port),
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_REGION: REGION,
      AUTH: "true",
      USE_SSL: "1",
      LAMBDA_EXECUTOR: "local",
      IOT_MTLS_ENABLED: "0",
      SFTP_ENABLED: "0",
      NODE_EXTRA_CA_CERTS: certificate,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    },
  });
  closeSync(log);
  const kill = () => killGroup(child);
  const ended = new Promise<void>((resolve) => void child.once("exit", () => resolve()).once("error", () => resolve()));
  try {
    await until("the emulator's answer", 60, async () => {
      if (child.exitCode !== null) throw new Error(`the emulator ended:\n${readFileSync(logFile, "utf8").trim()}`);
      return existsSync(certificate) && (await isHealthy(url, certificate));
    });
  } catch (error) {
    kill();
    throw error;
  }
  return { url, environment: { ...common, ...clientEnvironment(url, certificate) }, kill, ended };
}

function clientEnvironment(url: string, certificate: string): Record<string, string> {
  return {
    ...ROOT,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    AWS_ENDPOINT_URL: url,
    AWS_ENDPOINT_URL_S3: url,
    AWS_ENDPOINT_URL_S3_FOR_CLOUDFORMATION: url,
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CA_BUNDLE: certificate,
    NODE_EXTRA_CA_CERTS: certificate,
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
    CDK_DISABLE_CLI_TELEMETRY: "true",
    // `npx cdk synth` validates templates, in CI too; here it would only take time.
    CDK_VALIDATION: "false",
  };
}

/** Ends a detached process and all that it started. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function isHealthy(url: string, certificate: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/_ministack/health`, { ca: readFileSync(certificate) }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.once("error", () => resolve(false));
  });
}
