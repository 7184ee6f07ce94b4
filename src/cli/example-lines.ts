/** grpcurl lines that work as printed, one after the other, on an entity that is really served. */

import { randomBytes } from "node:crypto";
import type { EntityModel } from "../model/entity.ts";
import type { Field } from "../model/field.ts";

/** The fields that the lines need; an entity without them is no example. */
interface Example {
  readonly entity: EntityModel;
  readonly key: Field;
  /** Counts something. */
  readonly number: Field;
  /** Leads an index. */
  readonly text: Field;
}

/** Empty when no entity is simple enough. The first answers, so that the lines can be pasted again and again. */
export function exampleLines(entities: readonly EntityModel[], address: string): readonly string[] {
  const target = address.startsWith("unix:") ? `-unix ${shellWord(address.slice("unix:".length))}` : shellWord(address);
  const list = `grpcurl -plaintext ${target} list`;
  const example = entities.map(exampleOf).find((found) => found !== undefined);
  if (!example) return ["", "Try it:", `  ${list}`, ""];
  const { entity, key, number, text } = example;
  const id = exampleKey();
  const line = (method: string, request: object): string =>
    `  grpcurl -plaintext -d '${JSON.stringify(request)}' ${target} ${entity.service}/${method}`;
  return [
    "",
    "Try it:",
    `  ${list}`,
    line("Create", { entity: { [key.name]: id, [text.name]: exampleText, [number.name]: 1 } }),
    line("Get", { key: { [key.name]: id } }),
    line("List", { where: { [text.name]: { eq: exampleText } }, page_size: 10 }),
    line("Update", { entity: { [key.name]: id }, increment: { [number.name]: 1 } }),
    "",
  ];
}

const exampleText = "example";

/** Another at every start, so that Create finds it free. */
function exampleKey(): string {
  return `example-${randomBytes(3).toString("hex")}`;
}

/** As every shell reads it: a path may have spaces, and square brackets are a pattern for some. */
function shellWord(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function exampleOf(entity: EntityModel): Example | undefined {
  const [part] = entity.key;
  const key = part && entity.key.length === 1 ? entity.fields[part.ordinal] : undefined;
  if (key?.type.kind !== "string" || !holds(key, exampleKey())) return undefined;
  if (entity.fields.some((field) => field.required || (field.references && field.references.onDelete !== "none")))
    return undefined;
  const managed: ReadonlySet<number | undefined> = new Set(Object.values(entity.managed));
  const unique = new Set(
    entity.indexes.flatMap((index) => (index.unique ? index.parts.map(({ ordinal }) => ordinal) : [])),
  );
  const isFree = ({ ordinal, oneof }: Field): boolean =>
    ordinal !== key.ordinal && oneof === undefined && !managed.has(ordinal) && !unique.has(ordinal);
  const number = entity.fields.find((field) => field.type.kind === "int32" && isFree(field) && !field.immutable);
  const leading = new Set(entity.indexes.filter(({ unique }) => !unique).map(({ parts }) => parts[0]?.ordinal));
  const text = entity.fields.find(
    (field) => field.type.kind === "string" && leading.has(field.ordinal) && isFree(field) && holds(field, exampleText),
  );
  return number && text ? { entity, key, number, text } : undefined;
}

function holds({ maxLength }: Field, text: string): boolean {
  return maxLength === 0 || text.length <= maxLength;
}
