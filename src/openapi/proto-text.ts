/** A draft as the text of a .proto file, as `buf format` would leave it. */

import type { EntityDraft, EnumDraft, FieldDraft, FileDraft, ItemDraft, MessageDraft } from "./draft.ts";
import { lockLine, numbered, type NumberLock, type Numbered } from "./numbers.ts";

export interface TextOptions {
  /** The document, without its folder. */
  readonly source: string;
  /** Of messages that are used. */
  readonly imports: ReadonlySet<string>;
  readonly lock: NumberLock;
}

const FILES: ReadonlyMap<string, string> = new Map([
  ["google.protobuf.Struct", "google/protobuf/struct.proto"],
  ["google.protobuf.Timestamp", "google/protobuf/timestamp.proto"],
]);

export function protoText(file: FileDraft, { source, imports, lock }: TextOptions): string {
  const print = new Printer(lock);
  const body = [
    ...file.messages.flatMap((message) => ["", ...print.message(message, message.name)]),
    ...file.enums.flatMap((draft) => ["", ...print.enum(draft, draft.name)]),
  ];
  const files = [...imports].flatMap((name) => FILES.get(name) ?? []);
  return [
    `// Imported from ${source} by \`pannier import openapi\`.`,
    'syntax = "proto3";',
    "",
    `package ${file.package};`,
    "",
    ...[...files, "pannier/v1/annotations.proto"].toSorted().map((name) => `import "${name}";`),
    ...body,
    "",
    "// The numbers above, kept for the next import: what is gone (-) stays reserved.",
    ...print.lockLines(),
    "",
  ].join("\n");
}

class Printer {
  readonly #lock: NumberLock;
  readonly #made = new Map<string, Numbered>();

  constructor(lock: NumberLock) {
    this.#lock = lock;
  }

  message(message: MessageDraft, path: string): readonly string[] {
    const { numbers, reserved } = this.#number(
      path,
      message.fields.map(({ name }) => name),
      1,
    );
    return [
      ...comment(message.comment),
      `message ${message.name} {`,
      ...indented([
        ...(message.entity ? entityLines(message.entity) : []),
        ...reservedLines(reserved),
        ...message.fields.flatMap((field) => fieldLines(field, numbers.get(field.name) ?? 0)),
        ...message.enums.flatMap((draft) => ["", ...this.enum(draft, `${path}.${draft.name}`)]),
        ...message.messages.flatMap((inner) => ["", ...this.message(inner, `${path}.${inner.name}`)]),
      ]),
      "}",
    ];
  }

  enum(draft: EnumDraft, path: string): readonly string[] {
    const { numbers, reserved } = this.#number(path, draft.values, 0);
    return [
      ...comment(draft.comment),
      `enum ${draft.name} {`,
      ...indented([...reservedLines(reserved), ...Array.from(numbers, ([name, number]) => `${name} = ${number};`)]),
      "}",
    ];
  }

  /** Of all that was printed, and of what the file held before. */
  lockLines(): readonly string[] {
    const gone = [...this.#lock].filter(([owner]) => !this.#made.has(owner));
    const lines = [...this.#made].map(([owner, own]) => lockLine(owner, own));
    return [...lines, ...gone.map(([owner, numbers]) => lockLine(owner, { numbers, reserved: new Map() }))];
  }

  #number(path: string, names: readonly string[], first: number): Numbered {
    const own = numbered(names, this.#lock.get(path), first);
    this.#made.set(path, own);
    return own;
  }
}

function indented(lines: readonly string[]): readonly string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

function comment(text: string | undefined): readonly string[] {
  if (text === undefined || text.trim() === "") return [];
  return text
    .trim()
    .split(/\r?\n/u)
    .map((line) => `// ${line.trim()}`.trimEnd());
}

function reservedLines(reserved: ReadonlyMap<string, number>): readonly string[] {
  if (reserved.size === 0) return [];
  return [
    `reserved ${[...reserved.values()].toSorted((a, b) => a - b).join(", ")};`,
    `reserved ${[...reserved.keys()].map((name) => quoted(name)).join(", ")};`,
  ];
}

function fieldLines({ name, type, comment: text, options, deprecated }: FieldDraft, number: number): readonly string[] {
  const own = options.length === 1 ? options[0]?.replace(/^(\w+): /u, "(pannier.v1.field).$1 = ") : undefined;
  const head = `${type} ${name} = ${number}`;
  if (options.length <= 1) {
    const all = [...(deprecated ? ["deprecated = true"] : []), ...(own === undefined ? [] : [own])];
    if (all.length <= 1) return [...comment(text), all.length === 0 ? `${head};` : `${head} [${all[0]}];`];
  }
  const field =
    options.length === 1 && own !== undefined ? [own] : ["(pannier.v1.field) = {", ...indented(options), "}"];
  if (!deprecated) return [...comment(text), `${head} [${field[0]}`, ...field.slice(1, -1), "}];"];
  return [...comment(text), `${head} [`, "  deprecated = true,", ...indented(field), "];"];
}

function entityLines({ partition, sort, item, indexes }: EntityDraft): readonly string[] {
  return [
    "option (pannier.v1.entity) = {",
    ...indented([
      ...block("key", [...list("partition", partition), ...(sort.length > 0 ? list("sort", sort) : [])]),
      ...block("item", itemLines(item)),
      ...indexes.flatMap((index) =>
        block("indexes", [
          `name: ${quoted(index.name)}`,
          ...list("fields", index.fields, true),
          `physical: ${quoted(index.physical)}`,
          ...block("item", itemLines(index.item)),
        ]),
      ),
    ]),
    "};",
  ];
}

function itemLines({ partition, sort }: ItemDraft): readonly string[] {
  return [`partition: ${quoted(partition)}`, ...(sort === "" ? [] : [`sort: ${quoted(sort)}`])];
}

/** One member stays on the line of its block. */
function block(name: string, lines: readonly string[]): readonly string[] {
  const [only] = lines;
  return lines.length === 1 && only !== undefined ? [`${name}: {${only}}`] : [`${name}: {`, ...indented(lines), "}"];
}

function list(name: string, values: readonly string[], isAlwaysList = false): readonly string[] {
  const [only = ""] = values;
  if (values.length === 1) return [`${name}: ${isAlwaysList ? `[${quoted(only)}]` : quoted(only)}`];
  const lines = values.map((value, i) => `  ${quoted(value)}${i < values.length - 1 ? "," : ""}`);
  return [`${name}: [`, ...lines, "]"];
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
