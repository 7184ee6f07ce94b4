/** The values of settings: checked against their type, whether they came as text (environment, flags) or as YAML. */

import { isLocal, LONGEST_SOCKET_PATH, parseAddress } from "./address.ts";
import type { SettingType } from "./settings.ts";

export type SettingValue = string | number | readonly string[] | ReadonlyMap<string, unknown>;

export type Parsed = { readonly value: SettingValue } | { readonly problem: string };

const units: { readonly [unit: string]: number } = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A value as text. */
export function parseText(type: SettingType, text: string): Parsed {
  switch (type.kind) {
    case "text":
      return type.filled === true && text === "" ? { problem: "must not be empty" } : { value: text };
    case "address":
      return parseListenAddress(text, type.anywhere === true);
    case "list":
      return {
        value: text
          .split(",")
          .map((part) => part.trim())
          .filter((part) => part !== ""),
      };
    case "integer":
      return /^\d{1,15}$/.test(text)
        ? within(type, Number(text))
        : { problem: `must be a whole number, and is ${quoted(text)}` };
    case "duration":
      return parseDuration(type, text);
    case "choice":
      return type.values.includes(text)
        ? { value: text }
        : { problem: `must be one of ${type.values.join(", ")}, and is ${quoted(text)}` };
    case "map":
      return { problem: "can be set in the file alone" };
    default:
      return type satisfies never;
  }
}

/** A value as YAML gives it. */
export function parseYaml(type: SettingType, value: unknown): Parsed {
  switch (type.kind) {
    case "list":
      if (!Array.isArray(value) || !value.every((part): part is string => typeof part === "string"))
        return { problem: `must be a list of texts, and is ${kindOf(value)}` };
      return value.includes("") ? { problem: "must be a list of texts, and one of them is empty" } : { value };
    case "integer":
      return typeof value === "number" && Number.isInteger(value)
        ? within(type, value)
        : { problem: `must be a whole number, and is ${kindOf(value)}` };
    case "map":
      return value instanceof Map && [...value.keys()].every((key) => typeof key === "string")
        ? { value: new Map(Array.from(value, ([key, inner]) => [String(key), inner])) }
        : { problem: `must be a map, and is ${kindOf(value)}` };
    case "text":
    case "address":
    case "duration":
    case "choice":
      return typeof value === "string" ? parseText(type, value) : { problem: `must be text, and is ${kindOf(value)}` };
    default:
      return type satisfies never;
  }
}

function parseListenAddress(text: string, anywhere: boolean): Parsed {
  const address = parseAddress(text);
  if (!address) return { problem: `must be host:port or unix:/absolute/path, and is ${quoted(text)}` };
  if (address.kind === "unix" && Buffer.byteLength(address.path) > LONGEST_SOCKET_PATH) {
    return { problem: `must be a path of at most ${LONGEST_SOCKET_PATH} bytes, and is ${quoted(text)}` };
  }
  if (anywhere || isLocal(address)) return { value: text };
  return {
    problem: `${quoted(text)} can be reached from other machines, which needs TLS and authentication; use 127.0.0.1 or a Unix socket`,
  };
}

function parseDuration(type: Extract<SettingType, { kind: "duration" }>, text: string): Parsed {
  const match = /^(\d{1,9})(ms|s|m|h)$/.exec(text);
  const unit = units[match?.[2] ?? ""];
  if (unit === undefined) return { problem: `must be a number with ms, s, m or h, and is ${quoted(text)}` };
  return within(type, Number(match?.[1]) * unit, " ms");
}

function within(type: { readonly least: number; readonly most: number }, value: number, unit = ""): Parsed {
  return value >= type.least && value <= type.most
    ? { value }
    : { problem: `must lie between ${type.least} and ${type.most}${unit}, and is ${value}${unit}` };
}

/** Short enough for a line of a report. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Map) return "a map";
  return typeof value === "string" ? "text" : `the ${typeof value} ${JSON.stringify(value)}`;
}
