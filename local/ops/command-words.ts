import type { Action } from "../../shared/domain/command.ts";

/** An action in two or three words. */
export function actionText(action: Action): string {
  switch (action.kind) {
    case "charge.start":
      return `start ${action.currentA} A`;
    case "charge.stop":
      return "stop";
    case "heat.mode":
      return `heat ${action.mode}`;
  }
}
