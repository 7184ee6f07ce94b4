/** Expressions by places: every name is a `#`, every value a `:`, so that no name is a reserved word and no value is read as text. */

import { sameAttribute } from "../items/attribute.ts";
import type { AttributeValue, Item } from "../driver.ts";
import { itemOf, ownNames, type MetRow, type Table } from "../items/table.ts";
import type { EntityRecord } from "../../../model/value.ts";

/** Names and values of one request, each once. */
export class Places {
  readonly #names = new Map<string, string>();
  readonly #values: { [place: string]: AttributeValue } = {};
  #count = 0;

  name(name: string): string {
    let place = this.#names.get(name);
    if (place === undefined) this.#names.set(name, (place = `#${this.#names.size}`));
    return place;
  }

  value(value: AttributeValue): string {
    const place = `:${this.#count++}`;
    this.#values[place] = value;
    return place;
  }

  /** As the database takes them; it refuses empty ones. */
  get given(): {
    ExpressionAttributeNames?: { [place: string]: string };
    ExpressionAttributeValues?: { [place: string]: AttributeValue };
  } {
    return {
      ...(this.#names.size > 0 && {
        ExpressionAttributeNames: Object.fromEntries(Array.from(this.#names, ([name, place]) => [place, name])),
      }),
      ...(this.#count > 0 && { ExpressionAttributeValues: this.#values }),
    };
  }
}

/** A write of one item, as a request of its own takes it and as a transaction does. */
export type ItemWrite =
  | { readonly kind: "Put"; readonly input: ItemInput & { readonly Item: Item } }
  | { readonly kind: "Update"; readonly input: ItemInput & { readonly Key: Item; readonly UpdateExpression: string } }
  | { readonly kind: "Delete"; readonly input: ItemInput & { readonly Key: Item } }
  /** Writes nothing: what the others rely on. */
  | { readonly kind: "ConditionCheck"; readonly input: ItemInput & { readonly Key: Item } };

export interface ItemInput {
  readonly TableName: string;
  readonly ConditionExpression: string;
  readonly ReturnValuesOnConditionCheckFailure: "ALL_OLD";
  readonly ExpressionAttributeNames?: { [place: string]: string };
  readonly ExpressionAttributeValues?: { [place: string]: AttributeValue };
}

/** What makes a row out of what was met of it; undefined where nothing changes. */
export function rowWrite(
  table: Table,
  met: MetRow | undefined,
  after: EntityRecord | undefined,
): ItemWrite | undefined {
  if (!after) return met && removeRow(table, met);
  return met ? changeRow(table, met, after) : insertRow(table, after);
}

function insertRow(table: Table, record: EntityRecord): ItemWrite {
  const places = new Places();
  const condition = `attribute_not_exists(${places.name(table.key.partitionName)})`;
  return { kind: "Put", input: { ...inputOf(table.name, condition, places), Item: itemOf(table, record) } };
}

function removeRow(table: Table, met: MetRow): ItemWrite {
  const places = new Places();
  const condition = asMet(table, met, places);
  return { kind: "Delete", input: { ...inputOf(table.name, condition, places), Key: keyIn(table, met.item) } };
}

/** That a row, or its absence, is what was met. */
export function rowCheck(table: Table, key: Item, met: MetRow | undefined): ItemWrite {
  const places = new Places();
  const condition = met ? asMet(table, met, places) : `attribute_not_exists(${places.name(table.key.partitionName)})`;
  return { kind: "ConditionCheck", input: { ...inputOf(table.name, condition, places), Key: key } };
}

/** Only what differs: attributes that no entity knows stay. */
function changeRow(table: Table, met: MetRow, after: EntityRecord): ItemWrite | undefined {
  const item = itemOf(table, after);
  const places = new Places();
  const sets: string[] = [];
  const removes: string[] = [];
  for (const name of ownNames(table)) {
    const stored = item[name];
    if (sameAttribute(met.item[name], stored)) continue;
    if (stored) sets.push(`${places.name(name)} = ${places.value(stored)}`);
    else removes.push(places.name(name));
  }
  if (sets.length + removes.length === 0) return undefined;
  const change = [
    ...(sets.length > 0 ? [`SET ${sets.join(", ")}`] : []),
    ...(removes.length > 0 ? [`REMOVE ${removes.join(", ")}`] : []),
  ];
  const condition = asMet(table, met, places);
  return {
    kind: "Update",
    input: {
      ...inputOf(table.name, condition, places),
      Key: keyIn(table, met.item),
      UpdateExpression: change.join(" "),
    },
  };
}

/** The row is there, and every attribute of ours is what was read. */
function asMet(table: Table, { item }: MetRow, places: Places): string {
  const tests = [`attribute_exists(${places.name(table.key.partitionName)})`];
  for (const { name, inKey } of table.attributes) {
    if (inKey) continue;
    const stored = item[name];
    tests.push(
      stored ? `${places.name(name)} = ${places.value(stored)}` : `attribute_not_exists(${places.name(name)})`,
    );
  }
  return tests.join(" AND ");
}

export function inputOf(table: string, condition: string, places: Places): ItemInput {
  return {
    TableName: table,
    ConditionExpression: condition,
    ReturnValuesOnConditionCheckFailure: "ALL_OLD",
    ...places.given,
  };
}

export function keyIn({ key: { partitionName, sortName } }: Table, item: Item): Item {
  return Object.fromEntries(
    [partitionName, sortName].flatMap((name) => {
      const value = name === undefined ? undefined : item[name];
      return name !== undefined && value ? [[name, value]] : [];
    }),
  );
}
