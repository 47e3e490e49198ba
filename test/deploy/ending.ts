import { CloudFormationClient, DeleteStackCommand } from "@aws-sdk/client-cloudformation";
import { DynamoDBClient, ListTablesCommand } from "@aws-sdk/client-dynamodb";
import { stacks } from "./deployed.ts";
import type { Journal } from "./journal.ts";
import { must } from "./until.ts";

/** A prod that somebody wants to delete stays; a dev that was destroyed is gone with its tables. */
export async function checkEnding(journal: Journal): Promise<void> {
  await journal.check("prod's state refuses to be deleted", async () => {
    const StackName = "headroom-prod-state";
    const deletion = new CloudFormationClient({}).send(new DeleteStackCommand({ StackName }));
    const refused = await deletion.then(
      () => false,
      () => true,
    );
    must(refused && /COMPLETE$/.test((await stacks()).get(StackName) ?? ""), "it was taken to be deleted");
  });
  await journal.check("destroyed dev has left no stack and no table", async () => {
    const left = [...(await stacks()).keys()].filter((name) => name.startsWith("headroom-dev"));
    const { TableNames = [] } = await new DynamoDBClient({}).send(new ListTablesCommand({}));
    left.push(...TableNames.filter((name) => name.startsWith("headroom-dev")));
    must(left.length === 0, `still there: ${left.join(", ")}`);
  });
}
