/** An index map as the annotations of an entity: key, indexes, and the templates of both. */

import type { EntityDraft, IndexDraft, ItemDraft } from "./draft.ts";
import { fieldType, type TypeScope, type Typing } from "./field-type.ts";
import { parseMacros, parseMapKey, type MacroPart } from "./macro.ts";
import type { Property } from "./property.ts";
import { fieldName } from "./names.ts";
import type { DocumentNode } from "./node.ts";
import { readSchema } from "./schemas.ts";

export interface MappedModel {
  readonly model: string;
  readonly map: DocumentNode;
  readonly properties: readonly Property[];
  readonly scope: TypeScope;
}

export interface Mapped {
  readonly draft: EntityDraft;
  /** Fields that are copies of what lies in objects, because keys have none of these. */
  readonly raised: readonly Property[];
}

/** Undefined, and reported, where the key cannot be said; an index that cannot is left out. */
export function entityOf(typing: Typing, mapped: MappedModel): Mapped | undefined {
  return new IndexMap(typing, mapped).entity();
}

/** One side of a key. */
interface Template {
  readonly text: string;
  /** Names of fields, each once. */
  readonly fields: readonly string[];
}

interface Sides {
  partition?: DocumentNode;
  sort?: DocumentNode;
}

const NONE: Template = { text: "", fields: [] };

class IndexMap {
  readonly #typing: Typing;
  readonly #mapped: MappedModel;
  readonly #raised: Property[] = [];

  constructor(typing: Typing, mapped: MappedModel) {
    this.#typing = typing;
    this.#mapped = mapped;
  }

  entity(): Mapped | undefined {
    const { map } = this.#mapped;
    const sides = this.#sides();
    const own = sides.get("");
    if (!own?.partition)
      return this.#say(map.line, "has no PK in its index map", "no entity; say how its rows are found");
    const key = this.#item(own);
    if (!key)
      return this.#say(own.partition.line, "has a key that cannot be said", "no entity; see the findings of its key");
    const { partition, sort } = key;
    const behind = sort.fields.filter((name) => !partition.fields.includes(name));
    if (partition.fields.length + behind.length === 0)
      return this.#say(
        own.partition.line,
        "names no field in its key, so all its rows would be one",
        "no entity; name one",
      );
    const indexes = [...sides]
      .filter(([name]) => name !== "")
      .flatMap(([name, side]) => this.#index(name, side, own) ?? []);
    const chooses = partition.fields.length > 0;
    return {
      draft: {
        partition: chooses ? partition.fields : behind,
        sort: chooses ? behind : [],
        item: itemOf(partition, sort),
        indexes,
      },
      raised: this.#raised,
    };
  }

  /** By index; the table's own key has no name. */
  #sides(): ReadonlyMap<string, Sides> {
    const sides = new Map<string, Sides>();
    for (const [name, node] of this.#mapped.map.entries()) {
      const key = parseMapKey(name);
      if (!key) {
        this.#say(
          node.line,
          `maps ${name}, which is the name of no key`,
          "left out; PK, SK, GSI1PK, GSI1SK and the like are",
        );
        continue;
      }
      const own = sides.get(key.index ?? "") ?? {};
      if (own[key.side]) this.#say(node.line, `maps ${name} a second time`, "left out; map it once");
      else own[key.side] = node;
      sides.set(key.index ?? "", own);
    }
    return sides;
  }

  /** Without a partition of its own it is an index of the table's partitions. */
  #index(physical: string, side: Sides, own: Sides): IndexDraft | undefined {
    const partition = side.partition ?? own.partition;
    const line = side.partition?.line ?? side.sort?.line ?? this.#mapped.map.line;
    const item = this.#item({ ...(partition && { partition }), ...(side.sort && { sort: side.sort }) });
    if (!item)
      return this.#say(line, `has an index ${physical} that cannot be said`, "left out; see the findings of its keys");
    const fields = [...new Set([...item.partition.fields, ...item.sort.fields])];
    if (fields.length === 0) return this.#say(line, `names no field in the index ${physical}`, "left out; name one");
    return { name: fieldName(physical), fields, physical, item: itemOf(item.partition, item.sort) };
  }

  #item({ partition, sort }: Sides): { readonly partition: Template; readonly sort: Template } | undefined {
    const [first, second] = [partition && this.#template(partition), sort ? this.#template(sort) : NONE];
    return first && second && { partition: first, sort: second };
  }

  #template(node: DocumentNode): Template | undefined {
    const parts = node.text === undefined || node.text === "" ? undefined : parseMacros(node.text);
    if (!parts)
      return this.#say(
        node.line,
        "has a template whose braces do not match, or that is no text",
        "write literals and {Field}",
      );
    const fields: Property[] = [];
    let text = "";
    for (const [i, part] of parts.entries()) {
      if ("literal" in part) {
        text += part.literal;
        continue;
      }
      const property = this.#property(part.path, node);
      if (!property || !this.#fits(property, parts, i, node)) return undefined;
      fields.push(property);
      text += `{${property.name}}`;
    }
    return { text, fields: [...new Set(fields.map(({ name }) => name))] };
  }

  #property(path: readonly string[], node: DocumentNode): Property | undefined {
    const { properties } = this.#mapped;
    const [name = "", ...rest] = path;
    const found = named(properties, name, (property) => property.path[0] ?? "");
    if (found === undefined)
      return this.#say(
        node.line,
        `names {${path.join(".")}}, which is no property of it`,
        "name one, as it is written there",
      );
    return rest.length === 0 ? found : this.#raise(found, rest, node);
  }

  /** A key has fields of the message alone, so what lies deeper is kept a second time. */
  #raise(top: Property, rest: readonly string[], node: DocumentNode): Property | undefined {
    const { model, properties, scope } = this.#mapped;
    let inner = top.node;
    const path = [...top.path];
    for (const name of rest) {
      const schema = readSchema(this.#typing, inner, { model, field: path.join(".") });
      const member = schema && named(schema.properties, name, ([own]) => own);
      if (!member)
        return this.#say(
          node.line,
          `names {${[...top.path, ...rest].join(".")}}, which is no property of it`,
          "name one, as it is written there",
        );
      path.push(member[0]);
      inner = member[1];
    }
    const name = path.map(fieldName).join("_");
    const before = this.#raised.find((other) => other.name === name);
    if (before) return before;
    if (properties.some((other) => other.name === name))
      return this.#say(
        node.line,
        `needs a field ${name} for {${path.join(".")}}, and has one that is something else`,
        "name that otherwise",
      );
    const type = fieldType(this.#typing, inner, { model, field: path.join("."), scope });
    if (!type) return undefined;
    this.#typing.report({
      line: node.line,
      model,
      field: path.join("."),
      what: "is in a key, and lies in an object",
      mend: `copied to the field ${name}, which callers write beside it`,
    });
    const property = { path, name, line: inner.line, type, node: inner };
    this.#raised.push(property);
    return property;
  }

  /** Whether rows can be told apart by what stands in a key. */
  #fits({ type, path }: Property, parts: readonly MacroPart[], at: number, node: DocumentNode): boolean {
    const name = path.join(".");
    const isText = type.kind === "scalar" || type.kind === "enum" || type.text === "google.protobuf.Timestamp";
    if (!isText || type.text === "float" || type.text === "double") {
      this.#say(
        node.line,
        `has {${name}} in a key, which is ${type.kind === "scalar" ? "no whole number" : `a ${type.kind}`}`,
        "name a string, integer, boolean, enum or date-time",
      );
      return false;
    }
    const [behind, next] = [parts[at + 1], parts[at + 2]];
    if (behind && "path" in behind) {
      this.#say(
        node.line,
        `has {${name}} and {${behind.path.join(".")}} side by side, so two rows could have one key`,
        "put a literal between them",
      );
      return false;
    }
    if (behind && next && type.text !== "string" && !/[^A-Za-z0-9+\-.:_/=]/u.test(behind.literal)) {
      this.#say(
        node.line,
        `has "${behind.literal}" behind {${name}}, which could be part of it`,
        'use a literal such as "#"',
      );
      return false;
    }
    return true;
  }

  #say(line: number, what: string, mend: string): undefined {
    this.#typing.report({ line, model: this.#mapped.model, what, mend });
    return undefined;
  }
}

function itemOf(partition: Template, sort: Template): ItemDraft {
  return { partition: partition.text, sort: sort.text };
}

/** By the name as it is, or else by one that differs in case and underscores alone: macros often have the names of a program's fields. */
function named<Item>(items: readonly Item[], name: string, nameOf: (item: Item) => string): Item | undefined {
  const exact = items.find((item) => nameOf(item) === name);
  if (exact !== undefined) return exact;
  const alike = items.filter((item) => folded(nameOf(item)) === folded(name));
  return alike.length === 1 ? alike[0] : undefined;
}

function folded(name: string): string {
  return name.replaceAll(/[_-]/gu, "").toLowerCase();
}
