/** Descriptors of synthesized files → .proto text, formatted as `buf format` would. Knows what synthesis makes, and no more. */

import { isFieldSet } from "@bufbuild/protobuf";
import {
  Edition,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FileOptions_OptimizeMode,
  FileOptionsSchema,
  type DescriptorProto,
  type DescriptorProto_ReservedRange,
  type FieldDescriptorProto,
  type FileDescriptorProto,
  type MethodDescriptorProto,
  type ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { compareText } from "../model/compare.ts";

/** Field numbers in google/protobuf/descriptor.proto, of which the paths of comments are made. */
const PATH = { message: 4, service: 6, syntax: 12, edition: 14, field: 2, nested: 3, method: 2 };

/** Largest number protobuf allows for a field. */
const LARGEST = 536_870_911;

type Path = readonly number[];

/** @throws TypeError for what synthesis never makes, such as enums, extensions and groups */
export function printFile(file: FileDescriptorProto): string {
  if (file.enumType.length + file.extension.length > 0) throw new TypeError(`${file.name} holds enums or extensions`);
  const printer = new Printer(file);
  const blocks = [
    printer.header(),
    file.package === "" ? "" : `package ${file.package};\n`,
    file.dependency.map((name) => `import "${name}";\n`).join(""),
    optionLines(file),
    ...file.service.map((service, i) => printer.service(service, [PATH.service, i])),
    ...file.messageType.map((message, i) => printer.message(message, [PATH.message, i], [])),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

class Printer {
  readonly #file: FileDescriptorProto;
  readonly #comments: ReadonlyMap<string, string>;

  constructor(file: FileDescriptorProto) {
    this.#file = file;
    const locations = file.sourceCodeInfo?.location ?? [];
    this.#comments = new Map(locations.map((location) => [location.path.join("."), location.leadingComments]));
  }

  header(): string {
    const { syntax, edition } = this.#file;
    if (syntax !== "editions") return `${this.#comment([PATH.syntax], "")}syntax = "${syntax}";\n`;
    return `${this.#comment([PATH.edition], "")}edition = "${Edition[edition].replace("EDITION_", "")}";\n`;
  }

  service(service: ServiceDescriptorProto, path: Path): string {
    const methods = service.method.map((method, i) => this.#method(method, [...path, PATH.method, i])).join("");
    return `${this.#comment(path, "")}service ${service.name} {\n${methods}}\n`;
  }

  /** `scopes` are the messages around it, outermost first. */
  message(message: DescriptorProto, path: Path, scopes: readonly DescriptorProto[]): string {
    const indent = "  ".repeat(scopes.length);
    const inside = [...scopes, message];
    const own =
      this.#fields(message, path, inside) + reservedLines(message, `${indent}  `, this.#file.syntax === "editions");
    const nested = message.nestedType.map((type, i) => this.message(type, [...path, PATH.nested, i], inside));
    const body = [own, ...nested].filter((block) => block !== "").join("\n");
    const head = `${this.#comment(path, indent)}${indent}message ${message.name} {`;
    return body === "" ? `${head}}\n` : `${head}\n${body}${indent}}\n`;
  }

  #fields(message: DescriptorProto, path: Path, scopes: readonly DescriptorProto[]): string {
    const indent = "  ".repeat(scopes.length);
    let text = "";
    message.field.forEach((field, i) => {
      const oneof = oneofName(message, field);
      const opens = oneof !== undefined && oneofName(message, message.field[i - 1]) !== oneof;
      const closes = oneof !== undefined && oneofName(message, message.field[i + 1]) !== oneof;
      if (opens) text += `${indent}oneof ${oneof} {\n`;
      text += this.#field(field, [...path, PATH.field, i], scopes, oneof === undefined ? indent : `${indent}  `);
      if (closes) text += `${indent}}\n`;
    });
    return text;
  }

  #field(field: FieldDescriptorProto, path: Path, scopes: readonly DescriptorProto[], indent: string): string {
    const label =
      field.label === FieldDescriptorProto_Label.REPEATED ? "repeated " : field.proto3Optional ? "optional " : "";
    const type = field.typeName === "" ? scalarName(field.type) : this.#reference(field.typeName, scopes);
    return `${this.#comment(path, indent)}${indent}${label}${type} ${field.name} = ${field.number};\n`;
  }

  #method(method: MethodDescriptorProto, path: Path): string {
    const stream = method.serverStreaming ? "stream " : "";
    const [input, output] = [this.#reference(method.inputType, []), this.#reference(method.outputType, [])];
    const head = `${this.#comment(path, "  ")}  rpc ${method.name}(${input}) returns (${stream}${output})`;
    return method.options ? `${head} {\n    option idempotency_level = NO_SIDE_EFFECTS;\n  }\n` : `${head};\n`;
  }

  /** A type as it is written where `scopes` are open: short within the package, unless something nearer has that name. */
  #reference(typeName: string, scopes: readonly DescriptorProto[]): string {
    const scope = this.#file.package === "" ? "." : `.${this.#file.package}.`;
    if (typeName.startsWith(".google.protobuf.") && !this.#file.package.split(".").slice(1).includes("google")) {
      return typeName.slice(1);
    }
    if (!typeName.startsWith(scope)) return typeName;
    const parts = typeName.slice(scope.length).split(".");
    const own = scopes.findIndex((message, depth) => message.name !== parts[depth]);
    const inner = parts.slice(own < 0 ? scopes.length : own);
    // A type nested in the very message is written by its own name alone.
    if (own !== 0 && inner.length === 1 && inner[0] !== undefined && scopes.length > 0 && parts.length > 1)
      return inner[0];
    const shadowed = scopes.some((message) => message.nestedType.some((type) => type.name === parts[0]));
    return shadowed ? typeName : parts.join(".");
  }

  #comment(path: Path, indent: string): string {
    const comment = this.#comments.get(path.join("."));
    if (comment === undefined || comment === "") return "";
    const lines = comment.replace(/\n$/, "").split("\n");
    return lines.map((line) => `${indent}//${line}\n`).join("");
  }
}

/** Name of the real oneof a field is in; the one that an optional field of proto3 has for itself does not count. */
function oneofName(message: DescriptorProto, field: FieldDescriptorProto | undefined): string | undefined {
  if (!field || field.proto3Optional) return undefined;
  // A proto2 message: unset reads as 0, which would be the first oneof.
  return Object.hasOwn(field, "oneofIndex") ? message.oneofDecl[field.oneofIndex]?.name : undefined;
}

function reservedLines(message: DescriptorProto, indent: string, identifiers: boolean): string {
  const ranges = message.reservedRange.map(rangeText).join(", ");
  const names = message.reservedName.map((name) => (identifiers ? name : quoted(name))).join(", ");
  return [ranges, names]
    .filter((list) => list !== "")
    .map((list) => `${indent}reserved ${list};\n`)
    .join("");
}

function rangeText({ start, end }: DescriptorProto_ReservedRange): string {
  const last = end - 1; // descriptors of messages exclude the end
  if (last === start) return String(start);
  return `${start} to ${last >= LARGEST ? "max" : last}`;
}

function optionLines(file: FileDescriptorProto): string {
  const { options } = file;
  if (!options) return "";
  const set = FileOptionsSchema.fields.filter((field) => isFieldSet(options, field));
  return set
    .map((field) => `option ${field.name} = ${optionText(field.name, Reflect.get(options, field.localName))};\n`)
    .sort(compareText)
    .join("");
}

function optionText(name: string, value: unknown): string {
  if (typeof value === "string") return quoted(value);
  if (name === "optimize_for") return FileOptions_OptimizeMode[Number(value)] ?? String(value);
  return String(value);
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&").replace(/\n/g, "\\n").replace(/\r/g, "\\r")}"`;
}

function scalarName(type: FieldDescriptorProto_Type): string {
  if (type === FieldDescriptorProto_Type.GROUP) throw new TypeError("synthesis makes no groups");
  return FieldDescriptorProto_Type[type].toLowerCase();
}
