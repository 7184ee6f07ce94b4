/** One source of settings as a flat map from path to value; later ones lie over earlier ones. */

import type { Finding } from "./finding.ts";
import { ALIASES, IGNORED_ALIASES, SETTINGS, settingOf, type Setting } from "./settings.ts";
import { parseText, type Parsed, type SettingValue } from "./value.ts";

export interface Overlay {
  readonly values: ReadonlyMap<string, SettingValue>;
  /** By path, where the value was written: a file, a variable, a flag. */
  readonly sources: ReadonlyMap<string, string>;
  readonly findings: readonly Finding[];
  /** Oddities that do not refuse the start. */
  readonly warnings: readonly string[];
}

export class OverlayBuilder implements Overlay {
  readonly values: Map<string, SettingValue> = new Map();
  readonly sources: Map<string, string> = new Map();
  readonly findings: Finding[] = [];
  readonly warnings: string[] = [];

  put(key: string, parsed: Parsed, source: string): void {
    if ("value" in parsed) {
      this.values.set(key, parsed.value);
      this.sources.set(key, source);
    } else this.findings.push({ key, reason: parsed.problem, source });
  }
}

export function defaults(): Overlay {
  const overlay = new OverlayBuilder();
  for (const [path, { type, fallback }] of Object.entries(SETTINGS)) {
    if (fallback !== undefined && !path.includes("*")) overlay.put(path, parseText(type, fallback), "defaults");
  }
  return overlay;
}

/**
 * Variables of other services' habits; what cannot be read is left out, because it may not be meant for us. `below` is what they lie over, the
 * strongest first.
 */
export function readAliases(environment: NodeJS.ProcessEnv, below: readonly Overlay[]): Overlay {
  const overlay = new OverlayBuilder();
  for (const [variable, path] of Object.entries(ALIASES)) {
    const text = environment[variable];
    const found = settingOf(path);
    if (text === undefined || text === "" || !found) continue;
    const under = below.find(({ values }) => values.has(path))?.values.get(path);
    const parsed = parseText(found.setting.type, spelled(found.setting, text, typeof under === "string" ? under : ""));
    if ("value" in parsed) overlay.put(path, parsed, variable);
    else overlay.warnings.push(`${variable} is ignored: ${path} ${parsed.problem}`);
  }
  for (const variable of IGNORED_ALIASES)
    if ((environment[variable] ?? "") !== "") overlay.warnings.push(`${variable} is ignored: nothing here follows it`);
  return overlay;
}

const switches: { readonly [spelling: string]: string } = { true: "on", "1": "on", yes: "on", false: "off", "0": "off", no: "off" }; // prettier-ignore

/** As the setting wants it: a port alone leaves the host as it is, a truth is a switch. */
function spelled({ type }: Setting, text: string, under: string): string {
  if (type.kind === "address" && /^\d+$/.test(text)) return under.replace(/:\d+$/, `:${text}`);
  if (type.kind !== "choice") return text;
  const small = text.toLowerCase();
  return type.values.includes("on") ? (switches[small] ?? small) : small;
}

/** `PANNIER_` variables; unknown ones warn, because Kubernetes sets some for a service of that name. `known` are names of stores in the file. */
export function readEnvironment(environment: NodeJS.ProcessEnv, known: readonly string[]): Overlay {
  const overlay = new OverlayBuilder();
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || text === undefined || notSettings.has(variable)) continue;
    const found = settingOfVariable(variable, known);
    if (found) overlay.put(found.path, parseText(found.setting.type, text), variable);
    else overlay.warnings.push(`${variable} is no setting and is ignored`);
  }
  return overlay;
}

const prefix = "PANNIER_";
/** The file to read, and what tests read it by. */
const notSettings: ReadonlySet<string> = new Set(["PANNIER_CONFIG"]);

/** `PANNIER_STORES_DEFAULT_URL`: the path in capitals; names come in small letters unless the file has them otherwise. */
export function variableOf(path: string): string {
  return prefix + path.replaceAll(/[^A-Za-z0-9]/g, "_").toUpperCase();
}

function settingOfVariable(variable: string, known: readonly string[]): { path: string; setting: Setting } | undefined {
  for (const [pattern, setting] of Object.entries(SETTINGS)) {
    if (!pattern.includes("*")) {
      if (variableOf(pattern) === variable) return { path: pattern, setting };
      continue;
    }
    if (!pattern.startsWith("stores.")) continue; // an entity's name cannot be read back from capitals
    const [before, after] = variableOf(pattern.replace("*", "0")).split("_0_");
    const end = `_${after}`;
    if (!variable.startsWith(`${before}_`) || !variable.endsWith(end)) continue;
    const name = variable.slice(`${before}_`.length, -end.length);
    const store = known.find((candidate) => variableOf(candidate) === prefix + name) ?? name.toLowerCase();
    if (name !== "") return { path: pattern.replace("*", store), setting };
  }
  return undefined;
}

/** Flags by their path, for example `stores.default.url`; secrets are refused, because every process of the machine can read them there. */
export function readFlags(flags: ReadonlyMap<string, string>): Overlay {
  const overlay = new OverlayBuilder();
  for (const [flag, text] of flags) {
    const path = flag.replaceAll("-", "_");
    const found = settingOf(path) ?? settingOf(flag);
    const source = `--${flag}`;
    if (!found)
      overlay.findings.push({ key: source, reason: "is no flag; pannier --help names them", source: "command line" });
    else if (found.pattern === "tokens.keys")
      overlay.findings.push({ key: path, reason: "is a secret; use the file or the environment", source });
    else if (found.pattern === "stores.*.url" && holdsPassword(text)) {
      const reason =
        "holds a password, which a flag shows to every process; use password_file, the file or the environment";
      overlay.findings.push({ key: path, reason, source });
    } else overlay.put(settingOf(path) ? path : flag, parseText(found.setting.type, text), source);
  }
  return overlay;
}

function holdsPassword(text: string): boolean {
  return URL.canParse(text) && new URL(text).password !== "";
}
