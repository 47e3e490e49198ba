/** What stands in a vendor's secret until an operator has put in what the vendor gave. */
export const NOT_YET_GIVEN = "replace-me";

/** The name of the stack output that tells an integration's secret: `heat-pumps` → `HeatPumpsSecretArn`. */
export function secretOutputOf(integration: string): string {
  return `${integration.replaceAll(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}SecretArn`;
}
