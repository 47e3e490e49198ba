import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Answers, LAYERS } from "./answers.ts";

// The template's folder turns a slash in a wrong name into a dash, so that cookiecutter can remove all that it made.
const TEMPLATE = join(
  fileURLToPath(new URL("../../cookiecutter", import.meta.url)),
  "{{cookiecutter.name.split('%c'%47)|join('-')}}",
);

/** Writes the folder that cookiecutter would, byte for byte; all of it or nothing. */
export function renderIntegration(answers: Answers, folder: string): void {
  const files = new Map<string, string>();
  const layers = (LAYERS[answers.capabilities] ?? []).map((layer) => join(TEMPLATE, "layers", layer));
  for (const root of [TEMPLATE, ...layers]) {
    for (const file of filesIn(root)) {
      if (root === TEMPLATE && file.startsWith("layers")) continue;
      files.set(file, render(readFileSync(join(root, file), "utf8"), answers));
    }
  }
  // Beside the others only when it is whole: a half-written folder would stop the next synth.
  const unfinished = join(dirname(folder), `.${answers.name}.unfinished`);
  try {
    for (const [file, text] of files) {
      mkdirSync(dirname(join(unfinished, file)), { recursive: true });
      writeFileSync(join(unfinished, file), text);
    }
    renameSync(unfinished, join(folder, answers.name));
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** The little of Jinja that the template uses. Throws when it uses more. */
function render(text: string, answers: Answers): string {
  const values = new Map<string, string>(Object.entries(answers));
  const rendered = text.replaceAll(
    /\{\{cookiecutter\.(\w+)(\|upper\|replace\("-","_"\))?\}\}/g,
    (_, key: string, constant?: string) => {
      const value = values.get(key);
      if (value === undefined) throw new Error(`the template asks for ${key}`);
      return constant === undefined ? value : value.toUpperCase().replaceAll("-", "_");
    },
  );
  if (/\{\{|\{%|\{#/.test(rendered))
    throw new Error("the template uses Jinja that local/scaffold/render.ts does not know");
  return rendered;
}

function filesIn(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort();
}
