/** Documents and the files that are made of them; `PANNIER_OPENAPI=write` writes these. */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { importOpenapi, type Imported } from "../../src/openapi/import-openapi.ts";
import { DocumentRefused } from "../../src/openapi/node.ts";
import { loadSchema } from "../../src/schema/load-schema.ts";
import { fileURLToPath } from "node:url";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const isWriting = process.env["PANNIER_OPENAPI"] === "write";

function imported(source: string, before?: string): Imported {
  return importOpenapi(readFileSync(here(source), "utf8"), { source, before });
}

/** What a start would say of it. */
async function findingsOf(text: string): Promise<readonly unknown[]> {
  const folder = mkdtempSync(join(tmpdir(), "pannier-openapi-"));
  try {
    writeFileSync(join(folder, "imported.proto"), text);
    const { findings, entities } = await loadSchema({ sources: [folder] });
    return entities.length > 0 ? findings : [...findings, "no entities"];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What stands there. */
function golden(name: string, text: string): string {
  if (isWriting) writeFileSync(here(name), text);
  return readFileSync(here(name), "utf8");
}

describe.each(["store.yaml", "scheduler.yaml", "chat.json", "odd.yaml"])("%s", (source) => {
  const made = imported(source);

  test("gives the file beside it", () => {
    expect(made.text).toBe(golden(source.replace(/\.\w+$/u, ".proto"), made.text));
  });

  test("gives entities that are served", async () => {
    expect(await findingsOf(made.text)).toEqual([]);
  });

  test("gives the same when it is imported again", () => {
    expect(imported(source, made.text)).toEqual(made);
  });

  test("says what it skips, and what it cannot say", () => {
    const { skipped, findings, entities } = made;
    const report = `${JSON.stringify({ entities, skipped, findings }, undefined, 2)}\n`;
    expect(report).toBe(golden(source.replace(/\.\w+$/u, ".report.json"), report));
  });
});

describe("numbers", () => {
  const document = (properties: string, states: string): string => `
info: {title: t}
definitions:
  Row:
    x-dynamodb-indexmap: {PK: "R#{id}"}
    properties: {id: {type: string}, ${properties} state: {type: string, enum: [${states}]}}
`;
  const numbersIn = (text: string): readonly string[] => text.match(/^ *[\w .]+ = \d+(?=;)|^ *reserved .*$/gmu) ?? [];

  test("stay when fields come, go, change places and come back", () => {
    const first = importOpenapi(document("a: {type: string}, b: {type: string},", "x, y"), { source: "t" });
    const second = importOpenapi(document("c: {type: string}, b: {type: string},", "y, z"), {
      source: "t",
      before: first.text,
    });
    const third = importOpenapi(document("a: {type: string}, c: {type: string},", "x"), {
      source: "t",
      before: second.text,
    });
    const trimmed = [first, second, third].map(({ text }) => numbersIn(text).map((line) => line.trim()));
    expect(trimmed).toEqual([
      ["string id = 1", "optional string a = 2", "optional string b = 3", "optional State state = 4", "STATE_UNSPECIFIED = 0", "STATE_X = 1", "STATE_Y = 2"],
      ["reserved 2;", 'reserved "a";', "string id = 1", "optional string c = 5", "optional string b = 3", "optional State state = 4",
        "reserved 1;", 'reserved "STATE_X";', "STATE_UNSPECIFIED = 0", "STATE_Y = 2", "STATE_Z = 3"],
      ["reserved 3;", 'reserved "b";', "string id = 1", "optional string a = 2", "optional string c = 5", "optional State state = 4",
        "reserved 2, 3;", 'reserved "STATE_Y", "STATE_Z";', "STATE_UNSPECIFIED = 0", "STATE_X = 1"],
    ]); // prettier-ignore
  });

  test("of a model that is gone are kept for its return", () => {
    const one = importOpenapi(document("a: {type: string},", "x"), { source: "t" });
    const other = importOpenapi(document("", "x").replace("Row:", "Else:"), { source: "t", before: one.text });
    expect(other.text).toContain("// pannier:numbers Row id=1 a=2 state=3");
    const back = importOpenapi(document("b: {type: string}, a: {type: string},", "x"), {
      source: "t",
      before: other.text,
    });
    expect(back.text).toContain("// pannier:numbers Row id=1 b=4 a=2 state=3");
  });
});

test.each([
  ["no object", "- a\n- b\n", 1],
  ["an indentation that is none", "a:\n  b: 1\n c: 2\n", 3],
  ["a member twice", '{"a": 1,\n"a": 2}', 2],
])("%s is refused with its line", (_what, text, line) => {
  const refused = (): unknown => importOpenapi(text, { source: "t" });
  expect(refused).toThrow(DocumentRefused);
  expect(refused).toThrow(expect.objectContaining({ line }));
});
