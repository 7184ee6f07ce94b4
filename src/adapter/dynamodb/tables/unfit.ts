/** Entities that this store cannot keep, each with what is wrong and what to do. */

import type { EntityModel } from "../../../model/entity.ts";
import { besideOf } from "../writing/beside.ts";
import type { Layout } from "../items/layout.ts";
import { OURS } from "../items/names.ts";
import type { Path } from "../items/path.ts";
import { tableOf, type Table } from "../items/table.ts";
import { ambiguity, couldMeet } from "../items/template.ts";

/** Fields whose values a condition can compare: its text has 4 KB, and 300 operators. */
const MOST_FIELDS = 120;
const MOST_INDEXES = 20;

export function unfitEntities(entities: readonly EntityModel[], layout: Layout): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const kept: Table[] = [];
  const taken = new Set<string>(); // names of indexes in the one table
  for (const entity of entities) {
    const table = tableOf(entity, layout);
    const problem =
      problemOf(table) ?? (layout.single ? sharedProblem(table, kept, taken) : ownProblem(table, kept, layout));
    if (problem === undefined) {
      kept.push(table);
      for (const { name = "" } of table.indexes) taken.add(name);
    } else unfit.set(entity, problem);
  }
  return unfit;
}

function problemOf(table: Table): string | undefined {
  const { entity } = table;
  if (!/^[\w.-]{3,255}$/u.test(table.name))
    return `its table ${table.name} must have 3 to 255 letters, digits, _, . and - in this store; name it by \`table\``;
  const own = entity.fields.find(({ column }) => column.startsWith(OURS));
  if (own)
    return `its field ${own.name} is stored as ${own.column}, and names with ${OURS} are the store's own; name it otherwise`;
  if (entity.fields.length > MOST_FIELDS)
    return `it has ${entity.fields.length} fields, and this store compares ${MOST_FIELDS}`;
  if (entity.indexes.length > MOST_INDEXES)
    return `it has ${entity.indexes.length} indexes, and a table here has ${MOST_INDEXES}`;
  const names = table.indexes.map(({ name = "" }) => name);
  const local = table.indexes.find((path) => path.isLocal && !isInPartition(table.key, path));
  if (local)
    return `its index ${local.index?.name} is local, and must have the partition of the table's key, which must have a sort key besides`;
  const wrong = names.find((name, i) => !/^[\w.-]{3,200}$/u.test(name) || names.indexOf(name) !== i);
  return wrong === undefined
    ? undefined
    : `its index ${wrong} needs a name of its own of up to 200 letters, digits, _, . and -`;
}

/** Whether rows with one partition of the index have one partition of the table. */
function isInPartition(key: Path, path: Path): boolean {
  if (key.sortName === undefined || path.sortName === undefined) return false;
  if (key.sides && path.sides)
    return JSON.stringify(key.sides.partition.parts) === JSON.stringify(path.sides.partition.parts);
  const leading = ({ order, entry }: Path): string => JSON.stringify(order.terms.slice(0, entry));
  return leading(key) === leading(path);
}

function ownProblem({ name }: Table, kept: readonly Table[], layout: Layout): string | undefined {
  const other =
    name === besideOf(layout).name ? "Pannier itself" : kept.find((each) => each.name === name)?.entity.name;
  return other === undefined ? undefined : `its table ${name} is that of ${other}; name it otherwise by \`table\``;
}

/** Of an entity among others in the one table. */
function sharedProblem(table: Table, kept: readonly Table[], taken: ReadonlySet<string>): string | undefined {
  const { entity, key, indexes, type } = table;
  const indexed = new Set([...taken, ...indexes.map(({ name = "" }) => name)]);
  if (indexed.size > MOST_INDEXES)
    return `the table would have ${indexed.size} indexes, and one here has ${MOST_INDEXES}; let entities share them by \`physical\``;
  const names = [key, ...indexes].flatMap(({ partitionName, sortName = "" }) => [partitionName, sortName]);
  const hidden = entity.fields.find(({ column }) => column === type?.name || names.includes(column));
  if (hidden)
    return `its field ${hidden.name} is stored as ${hidden.column}, an attribute of the table's own; give it another \`column\``;
  for (const path of [key, ...indexes]) {
    const problem = templateProblem(table, path);
    if (problem !== undefined) return problem;
  }
  const other = kept.find((each) => meet(each.key, key));
  return (
    other &&
    `its item could be one of ${other.entity.name}; begin a side of one of them with a literal that the other has not`
  );
}

function meet(a: Path, b: Path): boolean {
  if (!a.sides || !b.sides) return false;
  return couldMeet(a.sides.partition, b.sides.partition) && couldMeet(a.sides.sort, b.sides.sort);
}

/** What keeps the rows of a template from being found as the key or the index promises. */
function templateProblem({ entity, stored }: Table, path: Path): string | undefined {
  const { sides, index, entry } = path;
  if (!sides) return undefined;
  const what = index ? `the item of its index ${index.name}` : "its item";
  const parts = index ? index.parts : entity.key;
  const nameAt = (ordinal: number): string => entity.fields[ordinal]?.name ?? "";
  const unclear = [sides.partition, sides.sort]
    .map((each) => ambiguity(entity, each))
    .find((each) => each !== undefined);
  if (unclear !== undefined) return `${what} ${unclear}`;
  const leading = index ? index.parts : entity.key.filter(({ partition }) => partition);
  const foreign = sides.partition.ordinals.find((ordinal) => !leading.some((part) => part.ordinal === ordinal));
  if (foreign !== undefined)
    return index
      ? `${what} has ${nameAt(foreign)} in its partition, which is no field of the index; name it in \`fields\``
      : `${what} has ${nameAt(foreign)} in its partition, which orders rows within the partition of the key; name it in \`partition\` of the key`;
  const declared = index ? stored.indexes[entity.indexes.indexOf(index)]?.parts : stored.key;
  const free = (declared ?? []).slice(entry).map(({ ordinal }) => ordinal);
  const fixed = new Set((declared ?? []).slice(0, entry).map(({ ordinal }) => ordinal));
  const written = sides.sort.ordinals.filter((ordinal) => !fixed.has(ordinal));
  if (free.some((ordinal, i) => written[i] !== ordinal))
    return `${what} must have ${free.map(nameAt).join(", ")} in its sort before other fields`;
  const always = new Set([...parts, ...entity.key].map(({ ordinal }) => ordinal));
  const absent = [...sides.partition.ordinals, ...sides.sort.ordinals].find(
    (ordinal) => !always.has(ordinal) && entity.fields[ordinal]?.presence === true,
  );
  return absent === undefined
    ? undefined
    : `${what} names ${nameAt(absent)}, which may be absent and is no field of the index; name it in \`fields\``;
}
