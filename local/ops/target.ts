import { systemNow } from "../../shared/bus.ts";
import { BadInput } from "../feeds/bad-input.ts";
import { type Connection, connect } from "./connection.ts";
import { clockFrom, localNow } from "./local-now.ts";
import { runningDeployment } from "./remembered.ts";
import { type StageName, stageDeployment } from "./stage.ts";

/** What a command works on, and how to call it in a sentence. */
export type Target = { name: string; connection: Connection };

/** The stage that was asked for, else the local platform that is up. */
export async function openTarget(stage: StageName | undefined): Promise<Target> {
  // Said once in the README: Node 20 works until the SDK's end of support for it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = "true";
  if (stage) {
    const deployment = await stageDeployment(stage);
    return { name: `stage ${stage} (${deployment.region})`, connection: connect(deployment, systemNow) };
  }
  const deployment = runningDeployment();
  if (!deployment?.local) {
    throw new BadInput(
      "No local platform is running: start one with `npm start -- --keep-running`, or name a deployed stage with --stage dev or --stage prod.",
    );
  }
  const now = clockFrom(await localNow(deployment, deployment.local.gatewayUrl));
  return { name: "the local platform", connection: connect(deployment, now) };
}
