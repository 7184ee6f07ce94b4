/** References that say what becomes of them (`on_delete`), as foreign keys of the database. */

import { createHash } from "node:crypto";
import { fieldByNumber } from "../../../../migration/contract.ts";
import type { Drift } from "../../../../migration/drift.ts";
import type { EntityModel } from "../../../../model/entity.ts";
import type { Field, Reference } from "../../../../model/field.ts";
import { isPassing, type ServerFailures } from "../failure.ts";
import type { Newer } from "./newer.ts";
import { putOff } from "./put-off.ts";
import type { ServerDialect } from "../server-dialect.ts";
import type { Surveyed } from "../../surveyed.ts";
import type { Run } from "../transaction.ts";
import type { StoredIndex } from "./catalog.ts";

export interface ForeignKey {
  /** In the database: as long as the reference means the same, whatever table and column are called. */
  readonly name: string;
  readonly entity: EntityModel;
  readonly field: Field;
  /** Names as they are in the database. */
  readonly table: string;
  readonly column: string;
  readonly target: { readonly table: string; readonly column: string };
  readonly onDelete: "restrict" | "cascade" | "set_null";
}

interface Placed extends Surveyed, Newer {
  readonly entity: EntityModel;
}

/** What begins the names of all foreign keys of an entity. */
function prefixOf({ name }: EntityModel): string {
  return `_pannier_ref_${createHash("sha256").update(name).digest("hex").slice(0, 16)}_`;
}

/** What begins the names of those of one field. */
function ofField(entity: EntityModel, { number }: Pick<Field, "number">): string {
  return `${prefixOf(entity)}${number}_`;
}

/** What an entity's references come to. */
export interface References {
  readonly keys: readonly ForeignKey[];
  /** What begins the names of foreign keys that stay: those that mean the same, and whatever there is where the target is not served just now. */
  readonly kept: readonly string[];
  /** A line for each whose target is not served. */
  readonly drift: readonly Drift[];
}

export function foreignKeysOf({ entity, layout, givenUp }: Placed, placed: ReadonlyMap<string, Placed>): References {
  const keys: ForeignKey[] = [];
  const kept: string[] = [];
  const drift: Drift[] = [];
  for (const field of entity.fields) {
    const { references } = field;
    if (!references || references.onDelete === "none" || givenUp.has(field.number)) continue;
    const begin = ofField(entity, field);
    const target = placed.get(references.entity);
    if (!target || target.drift.length > 0) {
      drift.push({ what: `${field.name} refers to ${references.entity}, which is not served`, additive: false });
      kept.push(begin);
      continue;
    }
    const [part] = target.entity.key;
    const key = target.entity.fields[part?.ordinal ?? 0];
    if (!key) continue;
    const name = `${begin}${references.onDelete}`;
    kept.push(name);
    keys.push({
      name,
      entity,
      field,
      table: layout.view.table,
      column: columnOf(layout, field),
      target: { table: target.layout.view.table, column: columnOf(target.layout, key) },
      onDelete: references.onDelete,
    });
  }
  return { keys, kept, drift };
}

function columnOf({ view }: Surveyed["layout"], field: Field): string {
  return fieldByNumber(view, field.number)?.column ?? field.column;
}

const ACTIONS: { readonly [Action in Exclude<Reference["onDelete"], "none">]: string } = {
  restrict: "RESTRICT",
  cascade: "CASCADE",
  set_null: "SET NULL",
};

export interface KeyedTable {
  readonly run: Run;
  readonly dialect: ServerDialect;
  readonly failures: ServerFailures;
  /** Names of the foreign keys that the table has. */
  readonly there: ReadonlySet<string>;
  /** Runs statements that are undone together where one fails, as far as the server can. */
  readonly tried: (work: () => Promise<void>) => Promise<void>;
}

/** Those that are not there. A newer process may have given one another action, and the earlier has no say in it. */
export function missingKeys(
  { isEarlier }: Placed,
  { keys }: References,
  there: ReadonlySet<string>,
): readonly ForeignKey[] {
  const isOfField = ({ entity, field }: ForeignKey): boolean =>
    [...there].some((name) => name.startsWith(ofField(entity, field)));
  return keys.filter((key) => !there.has(key.name) && !(isEarlier && isOfField(key)));
}

/** What takes the foreign keys of a field away, with the indexes that are there for their sake. */
export function releasing(
  dialect: ServerDialect,
  { entity, number }: { readonly entity: EntityModel; readonly number: number },
  found: {
    readonly table: string;
    /** Names of its foreign keys. */
    readonly there: readonly string[];
    readonly indexes: ReadonlyMap<string, unknown>;
  },
): readonly string[] {
  const { table, there, indexes } = found;
  const isOfField = (name: string): boolean => name.startsWith(ofField(entity, { number }));
  return [
    ...there.filter(isOfField).map((name) => dialect.dropForeignKey(table, name)),
    ...[...indexes.keys()].filter(isOfField).map((name) => dialect.dropIndex(table, name)),
  ];
}

/** Brings the foreign keys of one table in order; a line for each that cannot be, and what was done. An earlier process removes none. */
export async function applyForeignKeys(
  { run, dialect, failures, there, tried }: KeyedTable,
  state: Placed,
  references: References,
): Promise<{ readonly applied: readonly string[]; readonly drift: readonly Drift[]; readonly isPutOff: boolean }> {
  const applied: string[] = [];
  const drift: Drift[] = [];
  let isPutOff = false;
  const attempt = async (texts: readonly string[], done: string, field: string): Promise<void> => {
    try {
      await tried(async () => {
        for (const text of texts) await run({ text, parameters: [] });
      });
      applied.push(done);
    } catch (error) {
      const code = failures.codeOf(error);
      if (code === undefined) throw error;
      const isLater = isPassing(failures, code);
      isPutOff ||= isLater;
      drift.push({
        what: isLater ? `${field} is not enforced yet: ${putOff(code)}` : refusal(failures, field, code),
        additive: isLater,
      });
    }
  };
  const { entity } = state;
  const { table } = state.layout.view;
  for (const name of state.isEarlier ? [] : there) {
    if (!name.startsWith(prefixOf(entity)) || references.kept.some((begin) => name.startsWith(begin))) continue;
    const done = `${table}: a reference that means something else now is not enforced any more`;
    await attempt([dialect.dropForeignKey(table, name)], done, "a reference that means something else now");
  }
  for (const key of missingKeys(state, references, there))
    await attempt(addingOf(dialect, key), `${table}: the reference ${key.field.name} is enforced`, key.field.name);
  return { applied, drift, isPutOff };
}

function refusal(failures: ServerFailures, field: string, code: string): string {
  return failures.isReference(code)
    ? `${field} cannot be enforced: rows refer to ones that are not there; mend or remove them`
    : `${field} cannot be enforced: the server refused the foreign key (code ${code})`;
}

/**
 * What is said before an index is dropped, where the server holds foreign keys by any index that begins with their column and
 * lets none of those go that is the last: one of their own.
 */
export function standIns(
  dialect: ServerDialect,
  { entity, layout }: Pick<Placed, "entity" | "layout">,
  { dropped, indexes }: { readonly dropped: string; readonly indexes: ReadonlyMap<string, StoredIndex> },
): readonly string[] {
  const { standInForKey } = dialect;
  if (!standInForKey) return [];
  const begins = (name: string, column: string): boolean => {
    const { columns = "" } = indexes.get(name) ?? {};
    return columns === column || columns.startsWith(`${column}, `);
  };
  return entity.fields.flatMap((field) => {
    const { references } = field;
    const column = columnOf(layout, field);
    if (!references || references.onDelete === "none" || !begins(dropped, column)) return [];
    if ([...indexes.keys()].some((name) => name !== dropped && begins(name, column))) return [];
    return [standInForKey(layout.view.table, column, `${prefixOf(entity)}${field.number}_i`)];
  });
}

function addingOf(dialect: ServerDialect, key: ForeignKey): readonly string[] {
  const { name, table, column, target, onDelete } = key;
  const { quote } = dialect;
  const index = dialect.indexForKey?.(table, column, `${name}_i`);
  const refers = `REFERENCES ${quote(target.table)} (${quote(target.column)}) ON DELETE ${ACTIONS[onDelete]}`;
  const add = `ALTER TABLE ${quote(table)} ADD CONSTRAINT ${quote(name)} FOREIGN KEY (${quote(column)}) ${refers}`;
  return [...(index === undefined ? [] : [index]), add];
}

/** Names of a reference to callers: as in the model. */
export function saidOf({ entity, field }: ForeignKey): string {
  return `${entity.name}.${field.name}`;
}

/** Entities whose reference no foreign key can hold, with why. */
export function unfitReferences(entities: readonly EntityModel[]): ReadonlyMap<EntityModel, string> {
  const unfit = new Map<EntityModel, string>();
  const byName = new Map(entities.map((entity) => [entity.name, entity]));
  for (const entity of entities)
    for (const { name, references } of entity.fields) {
      if (references?.onDelete !== "restrict") continue;
      const target = byName.get(references.entity);
      // Rows that have expired are removed by whoever meets them, which such a reference would forbid.
      if (target?.managed.expiresAt !== undefined)
        unfit.set(
          entity,
          `${name} keeps rows of ${target.name} from being removed, and those expire; use ON_DELETE_CASCADE or ON_DELETE_SET_NULL`,
        );
    }
  return unfit;
}
