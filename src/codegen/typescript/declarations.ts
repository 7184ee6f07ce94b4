/** What a module declares for a message: its interfaces, and its table. */

import type { DescMessage } from "@bufbuild/protobuf";
import type { Annotations } from "../../schema/annotations.ts";
import { managedKind } from "../../schema/entity-model.ts";
import { apiName, serviceName } from "../../schema/naming.ts";
import { parseTerm } from "../../schema/order-term.ts";
import { fieldText, type FieldText, type Naming } from "./field.ts";
import { docComment, group, interfaceText, member, property } from "./layout.ts";
import { unique, withArticle } from "./names.ts";
import type { DeclaredNames, ModuleContext } from "./declared-names.ts";

export function messageText(
  message: DescMessage,
  names: DeclaredNames,
  naming: Naming,
  context: ModuleContext,
): string {
  const { local, init } = namesOf(message, names);
  const fields = fieldsOf(message, naming, context.annotations);
  const table = `export const ${local}: ${naming.client("MessageTable")}<${local}> = {
  name: ${JSON.stringify(message.typeName)},
${tableOf(fields)}};
`;
  return [answered(message, local, fields, new Set(), context), written(message, init, fields, context), table].join("\n"); // prettier-ignore
}

export function entityText(message: DescMessage, names: DeclaredNames, naming: Naming, context: ModuleContext): string {
  const { annotations } = context;
  const { local, init } = namesOf(message, names);
  const [key, changes, where, types] = ["Key", "Changes", "Where", "Types"].map((part) => unique(names.taken, local + part)); // prettier-ignore
  const fields = fieldsOf(message, naming, annotations);
  const keyNames = keyOf(message, annotations);
  const keyFields = keyNames.flatMap((name) => fields.filter(({ desc }) => desc.name === name));
  const managed = fields.filter(({ desc }) => managedKind(annotations.field(desc)) !== undefined);
  const version = fields.find(({ desc }) => managedKind(annotations.field(desc)) === "version");
  const always = [...keyFields, ...(version ? [version] : [])];
  const isWritten = ({ desc }: FieldText): boolean => {
    const kind = managedKind(annotations.field(desc));
    return kind === undefined || kind === "expiresAt";
  };
  const isChanged = (field: FieldText): boolean =>
    isWritten(field) && !keyFields.includes(field) && !annotations.field(field.desc).immutable;
  const doc = (field: FieldText): string => docComment(context.comments.of(field.desc), "  ");
  const blocks = [
    answered(message, local, fields, new Set(always), context),
    written(message, init, fields.filter(isWritten), context),
    interfaceText(key ?? "", keyFields.map((field) => doc(field) + member(property(field.name), [field.written()]))),
    interfaceText(
      changes ?? "",
      fields
        .filter(isChanged)
        .map((field) => doc(field) + member(`${property(field.name)}?`, [...field.changes(), "undefined"])),
    ),
    `/** All that is set must hold. */\n${interfaceText(where ?? "", [
      ...groups(where ?? ""),
      ...fields.map((field) => doc(field) + member(`${property(field.name)}?`, [field.condition()])),
    ])}`,
    `/** For the compiler alone. */\n${interfaceText(types ?? "", [
      member("entity", [local]),
      member("key", [key ?? ""]),
      member("target", [version ? `${key} & { readonly ${property(version.name)}?: ${version.written()} | undefined }` : (key ?? "")]),
      member("init", [init]),
      member("changes", [changes ?? ""]),
      member("where", [where ?? ""]),
      member("sortable", quoted(fields.filter(({ isSortable }) => isSortable))),
      member("always", quoted(always)),
    ])}`,
  ]; // prettier-ignore
  const api = apiName(message.typeName, annotations.entity(message)?.apiName ?? "");
  const table = `export const ${local}: ${naming.client("EntityTable")}<${types}> = {
  name: ${JSON.stringify(message.typeName)},
  service: ${JSON.stringify(serviceName(api))},
  api: ${JSON.stringify(api)},
${group("key: ", "[", quoted(keyFields), ",", "  ")}${version ? `  version: ${JSON.stringify(version.name)},\n` : ""}${group(
    "managed: ",
    "[",
    quoted(managed),
    ",",
    "  ",
  )}${isSoftDeleted(message, annotations) ? "  softDelete: true,\n" : ""}${tableOf(fields)}};
`;
  return [...blocks, table].join("\n");
}

export function isSoftDeleted(message: DescMessage, annotations: Annotations): boolean {
  return message.fields.some((field) => managedKind(annotations.field(field)) === "deletedAt");
}

function namesOf(message: DescMessage, { of, init }: DeclaredNames): { readonly local: string; readonly init: string } {
  return { local: of.get(message) ?? message.name, init: init.get(message) ?? `${message.name}Init` };
}

/** Names of the fields in the key, in its order. */
function keyOf(message: DescMessage, annotations: Annotations): readonly string[] {
  const key = annotations.entity(message)?.key;
  return [...(key?.partition ?? []), ...(key?.sort ?? [])].map((text) => parseTerm(text)?.name ?? "");
}

function fieldsOf(message: DescMessage, naming: Naming, annotations: Annotations): readonly FieldText[] {
  return message.fields
    .filter((field) => !annotations.field(field).ignore)
    .map((field) => fieldText(field, annotations, naming));
}

function answered(
  message: DescMessage,
  name: string,
  fields: readonly FieldText[],
  always: ReadonlySet<FieldText>,
  { comments }: ModuleContext,
): string {
  const lines = fields.map((field) => {
    const isOptional = field.isOptional && !always.has(field);
    const head = `${property(field.name)}${isOptional ? "?" : ""}`;
    const types = isOptional ? [field.answered(), "undefined"] : [field.answered()];
    return docComment(comments.of(field.desc), "  ") + member(head, types);
  });
  return docComment(comments.of(message), "") + interfaceText(name, lines);
}

function written(
  message: DescMessage,
  name: string,
  fields: readonly FieldText[],
  { comments }: ModuleContext,
): string {
  const lines = fields.map(
    (field) => docComment(comments.of(field.desc), "  ") + member(`${property(field.name)}?`, [field.written(), "undefined"]),
  );
  return `/** What is written of ${withArticle(message.name)}. */\n${interfaceText(name, lines)}`;
} // prettier-ignore

function groups(where: string): readonly string[] {
  return [
    ["Each of them must hold.", "all"],
    ["At least one of them must hold; an empty list is refused.", "any"],
    ["None of them may hold.", "none"],
  ].map(([text = "", name = ""]) => docComment(text, "  ") + member(`${name}?`, [`readonly ${where}[]`]));
}

function quoted(fields: readonly FieldText[]): readonly string[] {
  return fields.map(({ name }) => JSON.stringify(name));
}

function tableOf(fields: readonly FieldText[]): string {
  const byNumber = fields.toSorted((a, b) => a.desc.number - b.desc.number);
  const single = `  fields: [${byNumber.map(({ table }) => `{ ${table.join(", ")} }`).join("")}],\n`;
  if (byNumber.length < 2 && single.length <= 121) return single;
  return `  fields: [\n${byNumber.map(({ table }) => group("", "{", table, ",", "    ")).join("")}  ],\n`;
}
