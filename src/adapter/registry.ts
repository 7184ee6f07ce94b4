/** The only list of backends: the scheme of a store's url → the folder that fills the contract, imported when a store is first opened. */

import type { OpenAdapter } from "./adapter.ts";

/** Why a scheme cannot be opened, and what to do. */
export class SchemeRefused extends Error {
  override readonly name = "SchemeRefused";
}

interface Backend {
  readonly schemes: readonly string[];
  /** Absent for backends that are planned and not built. */
  readonly load?: () => Promise<{ readonly open: OpenAdapter }>;
}

const BACKENDS: readonly Backend[] = [
  { schemes: ["sqlite"], load: () => import("./sqlite/open.ts") },
  { schemes: ["memory"], load: () => import("./memory/open.ts") },
  { schemes: ["postgres", "postgresql"] },
  { schemes: ["cockroachdb", "cockroach"] },
  { schemes: ["mysql"] },
  { schemes: ["mariadb"] },
  { schemes: ["tidb"] },
  { schemes: ["cassandra"] },
  { schemes: ["scylla"] },
  { schemes: ["dynamodb"] },
  { schemes: ["mongodb"] },
  { schemes: ["kv", "pebble"] },
];

/** A url's scheme by the name its backend goes by; packages go by their own. */
export function schemeOf(url: URL): string {
  const scheme = url.protocol.slice(0, -1);
  return BACKENDS.find(({ schemes }) => schemes.includes(scheme))?.schemes[0] ?? scheme;
}

/** @throws SchemeRefused when nothing here and no installed package opens it */
export async function openerOf(url: URL): Promise<OpenAdapter> {
  const scheme = schemeOf(url);
  const backend = BACKENDS.find(({ schemes }) => schemes.includes(scheme));
  if (!backend) return packageOpener(scheme);
  if (!backend.load) throw new SchemeRefused(`${scheme} is not built yet; this version opens ${built().join(" and ")}`);
  return (await backend.load()).open;
}

function built(): readonly string[] {
  return BACKENDS.flatMap(({ schemes, load }) => (load ? schemes.slice(0, 1) : []));
}

/** An installed package may bring a backend: its name is the scheme, and it exports `open`. */
async function packageOpener(name: string): Promise<OpenAdapter> {
  const found: unknown = await import(name).catch(() => undefined);
  if (isBackend(found)) return found.open;
  throw new SchemeRefused(`nothing opens ${name}: it is no backend, and no package of that name exports \`open\``);
}

function isBackend(found: unknown): found is { readonly open: OpenAdapter } {
  return typeof found === "object" && found !== null && "open" in found && typeof found.open === "function";
}
