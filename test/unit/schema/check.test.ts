/** Every mistake a schema can have is found, named and placed; a good schema has none. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadSchema, type LoadedSchema } from "../../../src/schema/load-schema.ts";
import { formatFindings, type Finding } from "../../../src/schema/finding.ts";
import { badSchemas } from "./bad-schemas.ts";
import { entity, proto, protoFolder, type ProtoFolder } from "./proto-folder.ts";

/** Entities of different cases are kept apart by a store for each package. */
const routing = { storeOf: (name: string) => name.split(".")[0] ?? "", sharesTable: () => false };

describe("a bad schema", () => {
  let folder: ProtoFolder;
  let loaded: LoadedSchema;

  beforeAll(async () => {
    folder = await protoFolder();
    for (const [i, { body, head }] of badSchemas.entries()) {
      const name = `case${i}.v1`;
      await folder.write(`case${i}/v1/bad.proto`, proto(body.replaceAll("PACKAGE", name), head, name));
    }
    loaded = await loadSchema({ sources: [folder.path], routing });
  });

  afterAll(() => folder[Symbol.asyncDispose]());

  test.each(badSchemas.map((bad, i) => [bad.mistake, i, bad] as const))("is refused for %s", (_, i, bad) => {
    const file = join(folder.path, `case${i}/v1/bad.proto`);
    const found = loaded.findings.filter((finding) => finding.file === file);
    const told = found.find((finding) => bad.what.test(finding.what));
    expect(told, formatFindings(found)).toBeDefined();
    expect(told?.line).toBeGreaterThan(0);
    expect(told?.entity).toMatch(new RegExp(`^case${i}\\.v1\\.`));
    expect(bad.field ?? told?.field).toBe(told?.field);
    expect(told?.mend).not.toBe("");
  });

  test("is refused for its mistake alone", () => {
    const counts = badSchemas.map((bad, i) => {
      const found = loaded.findings.filter(({ file }) => file === join(folder.path, `case${i}/v1/bad.proto`));
      return { mistake: bad.mistake, others: found.filter(({ what }) => !bad.what.test(what)).map(({ what }) => what) };
    });
    expect(counts.filter(({ others }) => others.length > 0)).toEqual([]);
  });

  test("gives no entities", () => {
    expect(loaded.entities).toEqual([]);
  });
});

describe("a finding", () => {
  test("names file, line, entity and field", async () => {
    await using folder = await protoFolder({ "a.proto": proto(entity("\n\n  string all = 7;")) });
    const { findings } = await loadSchema({ sources: [folder.path] });
    const finding: Finding | undefined = findings[0];
    expect(finding).toMatchObject({ line: 12, entity: "p.v1.E", field: "all" });
    expect(formatFindings(findings)).toBe(
      `${join(folder.path, "a.proto")}:12: p.v1.E.all: is called all, which the filter needs for itself; give it another name`,
    );
  });

  test("comes with all others in one report", async () => {
    await using folder = await protoFolder({
      "a.proto": proto(entity("string all = 2; double d = 18990; string d2 = 3;", 'default_order_by: "x"')),
    });
    const { findings } = await loadSchema({ sources: [folder.path] });
    expect(findings).toHaveLength(3);
  });
});

describe("a good schema", () => {
  test.each(["proto", "test/entities"])("has no finding (%s)", async (source) => {
    const { findings, entities } = await loadSchema({ sources: [source] });
    expect(formatFindings(findings)).toBe("");
    expect(entities.length).toBeGreaterThan(10);
  });

  test("may have what looks like a mistake", async () => {
    const body = `
message E {
  option (pannier.v1.entity) = {
    key: { partition: ["tenant", "at"] sort: "kind desc" }
    item: { partition: "T#{tenant}#{at}" sort: "{kind}" }
    indexes: { fields: ["price", "note desc"] item: { partition: "P#{price}" sort: "{note}#{tenant}" } }
  };
  string tenant = 1;
  google.protobuf.Timestamp at = 2;
  K kind = 3;
  string price = 4 [(pannier.v1.field) = { decimal: { precision: 78 scale: 78 } required: true }];
  optional string note = 5 [(pannier.v1.field).max_length = 1];
  google.protobuf.BytesValue blob = 6 [(pannier.v1.field).max_length = 3];
  string all_clear = 18989;
  string any = 9 [(pannier.v1.field).ignore = true];
  string last = 536870901;
  E self = 10;
  optional string other = 11 [(pannier.v1.field).references = { entity: "elsewhere.v1.Thing" }];
}
enum K { K_UNSPECIFIED = 0; }`;
    await using folder = await protoFolder({ "a.proto": proto(body) });
    const { findings, notices } = await loadSchema({ sources: [folder.path] });
    expect(formatFindings(findings)).toBe("");
    expect(notices.map(({ what }) => what)).toEqual([
      "references elsewhere.v1.Thing, which is not loaded",
      "zero and absent are the same in all_clear, last",
    ]);
  });

  test("may put two entities on one table of a single-table store", async () => {
    const body = ["A", "B"].map((name) => entity("", 'table: "t"').replace("message E", `message ${name}`)).join("\n");
    await using folder = await protoFolder({ "a.proto": proto(body) });
    const shared = await loadSchema({
      sources: [folder.path],
      routing: { storeOf: () => "one", sharesTable: () => true },
    });
    expect(shared.findings).toEqual([]);
    const apart = await loadSchema({ sources: [folder.path] });
    expect(apart.findings).toHaveLength(1);
  });
});
