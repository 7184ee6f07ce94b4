/** Plans as the text of SELECTs: ranges, and what is left of them behind a row. No database is asked. */

import { describe, expect, it } from "vitest";
import { cassandraDialect } from "../../../../../src/adapter/cassandra/dialect.ts";
import type { CqlValue } from "../../../../../src/adapter/cql/cluster/driver.ts";
import { orderedStore } from "../../../../../src/adapter/cql/reading/planning.ts";
import { restBehind, stretchesOf, whereText, type Stretch } from "../../../../../src/adapter/cql/reading/stretch.ts";
import { tableOf, type CqlTable } from "../../../../../src/adapter/cql/tables/table.ts";
import type { Plan } from "../../../../../src/adapter/plan.ts";
import { planOrdered } from "../../../../../src/adapter/planner/planner.ts";
import type { EntityModel } from "../../../../../src/model/entity.ts";
import type { EntityRecord, Value } from "../../../../../src/model/value.ts";
import { filter, type Where } from "../../../../conformance/plain.ts";
import { entities } from "../../../../conformance/stores.ts";

const entity = (name: string): EntityModel => entities.find((each) => each.name === `test.v1.${name}`)!;
const composite = entity("Composite");
const table = tableOf(composite, "k", cassandraDialect);

function planned(of: EntityModel, where: Where | undefined, orderBy: readonly [string, boolean][] = []): Plan {
  const ordinal = (name: string): number => of.fields.find((field) => field.name === name)!.ordinal;
  const order = orderBy.map(([name, desc]) => ({ ordinal: ordinal(name), desc }));
  return planOrdered(
    { entity: of, order, ...(where && { where: filter(of, where) }) },
    orderedStore(of, cassandraDialect),
  );
}

function textOf(parameter: CqlValue | undefined): string {
  if (parameter instanceof Date) return parameter.toISOString();
  return typeof parameter === "string" || typeof parameter === "bigint" ? String(parameter) : "?";
}

/** A stretch as text, its parameters in their places. */
function shown(of: CqlTable, stretch: Stretch): string {
  const parameters: CqlValue[] = [];
  const text = whereText(of, stretch, parameters);
  let at = 0;
  return text.replaceAll("?", () => textOf(parameters[at++])).replaceAll('"', "");
}

function row(values: { readonly [name: string]: Value }): EntityRecord {
  return composite.fields.map(({ name }) => values[name]);
}

describe("a plan", () => {
  it.each<[string, Where | undefined, readonly [string, boolean][], readonly string[]]>([
    ["of everything", undefined, [], [""]],
    ["of one partition", { tenant: { eq: "t" }, shard: { eq: 1n } }, [], ["tenant = t AND shard = 1"]],
    [
      "of two partitions is two SELECTs, never IN",
      { tenant: { eq: "t" }, shard: { one_of: [2n, 1n] } },
      [],
      ["tenant = t AND shard = 1", "tenant = t AND shard = 2"],
    ],
    [
      "of bounds within a partition",
      { tenant: { eq: "t" }, shard: { eq: 1n }, number: { gt: 3n, lte: 9n } },
      [["number", false]],
      ["tenant = t AND shard = 1 AND number > 3 AND number <= 9"],
    ],
  ])("%s", (_, where, order, texts) => {
    const plan = planned(composite, where, order);
    expect(stretchesOf(plan).map((stretch) => shown(table, stretch))).toEqual(texts);
    expect({ needsScan: plan.needsScan, ordered: plan.ordered }).toEqual({ needsScan: false, ordered: true });
  });

  it("in an order over partitions is not served", () => {
    expect(planned(composite, { tenant: { eq: "t" }, shard: { one_of: [1n, 2n] } }, [["number", false]])).toMatchObject(
      {
        needsScan: true,
        ordered: false,
      },
    );
  });

  it("enters an index of numbers by a bound, and one of texts by a value alone", () => {
    const plain = entity("Plain");
    expect(planned(plain, { count: { gt: 3n } })).toMatchObject({ needsScan: false, access: { kind: "index" } });
    expect(planned(plain, { name: { eq: "x" } })).toMatchObject({ needsScan: false, access: { kind: "index" } });
    expect(planned(plain, { name: { gt: "x" } })).toMatchObject({ needsScan: true, access: { kind: "full" } });
    expect(planned(plain, { count: { gt: 3n } }, [["count", false]])).toMatchObject({ needsScan: true });
  });
});

describe("what is left behind a row", () => {
  const at = row({ tenant: "t", shard: 1n, number: 5n, at: 0n, name: "n" });
  const moment = "1970-01-01T00:00:00.000Z";

  it("of everything is the rest of its partition, then the partitions behind it", () => {
    const [whole] = stretchesOf(planned(composite, undefined));
    expect(restBehind(table, whole!, at, false).map((stretch) => shown(table, stretch))).toEqual([
      `tenant = t AND shard = 1 AND number = 5 AND at = ${moment} AND name > n`,
      `tenant = t AND shard = 1 AND number = 5 AND at < ${moment}`,
      "tenant = t AND shard = 1 AND number < 5",
      "token(tenant, shard) > token(t, 1)",
    ]);
  });

  it("of one partition that is read backwards goes the other way, and keeps its bounds", () => {
    const [whole] = stretchesOf(planned(composite, { tenant: { eq: "t" }, shard: { eq: 1n }, number: { lte: 9n } }));
    expect(restBehind(table, whole!, at, true).map((stretch) => shown(table, stretch))).toEqual([
      `tenant = t AND shard = 1 AND number = 5 AND at = ${moment} AND name < n`,
      `tenant = t AND shard = 1 AND number = 5 AND at > ${moment}`,
      "tenant = t AND shard = 1 AND number > 5 AND number <= 9",
    ]);
  });
});
