import type { WriteStream } from "node:tty";
import type { Night } from "./night.ts";
import type { Progress } from "./run.ts";

const PIPE_EVERY_MS = 3 * 3_600_000;

/** One line that rewrites itself on a terminal; in a pipe, a plain line every three hours of the night. */
export function progressLine(out: WriteStream | NodeJS.WriteStream, night: Night) {
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: night.zone });
  let nextMs = night.startsAtMs;
  let open = false;
  return {
    update(progress: Progress) {
      const text = `${clock.format(progress.atMs)}  ${progressText(progress)}`;
      if (out.isTTY) {
        out.write(`\r\x1b[2K${text}`);
        open = true;
      } else if (progress.atMs >= nextMs) {
        out.write(`${text}\n`);
        nextMs = progress.atMs + PIPE_EVERY_MS;
      }
    },
    end() {
      if (open) out.write("\r\x1b[2K");
      open = false;
    },
  };
}

function progressText({ cars, heatPumps, commands }: Progress): string {
  return [
    ...(cars.all > 0 ? [`${cars.ready} of ${cars.all} full`, `${cars.charging} charging`] : []),
    ...(heatPumps.all > 0 ? [`${heatPumps.running} of ${heatPumps.all} pumps running`] : []),
    `${commands} commands`,
  ].join(", ");
}
