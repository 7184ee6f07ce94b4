/** The only list of backends: the scheme of a store's url → the folder that fills the contract, imported when a store is first opened. */

import type { StoreAbilities } from "../migration/plan.ts";
import type { CheckSettings, OpenAdapter } from "./opening.ts";

/** Why a scheme cannot be opened, and what to do. */
export class SchemeRefused extends Error {
  override readonly name = "SchemeRefused";
}

/** What the folder or the package of a backend exports. */
interface BackendModule {
  readonly open: OpenAdapter;
  /** Absent where settings are found wrong only by opening. */
  readonly checkSettings?: CheckSettings;
  /** Bytes that a store may come to hold beside what its calls hold; absent where that is next to nothing, or the rows themselves. */
  readonly memory?: number;
  /** What the planner of schema changes has to know; absent where the backend remembers no contracts. */
  readonly abilities?: StoreAbilities;
}

interface Backend {
  readonly schemes: readonly string[];
  /** Absent for backends that are planned and not built. */
  readonly load?: () => Promise<BackendModule>;
}

const BACKENDS: readonly Backend[] = [
  { schemes: ["sqlite"], load: () => import("./sqlite/open.ts") },
  { schemes: ["memory"], load: () => import("./memory/open.ts") },
  { schemes: ["postgres", "postgresql"], load: () => import("./postgresql/open.ts") },
  { schemes: ["cockroachdb", "cockroach"], load: () => import("./cockroachdb/open.ts") },
  { schemes: ["mysql"], load: () => import("./mysql/mysql.ts") },
  { schemes: ["mariadb"], load: () => import("./mysql/mariadb.ts") },
  { schemes: ["tidb"], load: () => import("./tidb/open.ts") },
  { schemes: ["cassandra"], load: () => import("./cassandra/open.ts") },
  { schemes: ["scylla"], load: () => import("./scylla/open.ts") },
  { schemes: ["dynamodb"], load: () => import("./dynamodb/open.ts") },
  { schemes: ["mongodb"] },
  { schemes: ["kv", "pebble"], load: () => import("./kv/open.ts") },
];

/** A url's scheme by the name its backend goes by; packages go by their own. */
export function schemeOf(url: URL): string {
  const scheme = url.protocol.slice(0, -1);
  return BACKENDS.find(({ schemes }) => schemes.includes(scheme))?.schemes[0] ?? scheme;
}

/** @throws SchemeRefused when nothing here and no installed package opens it */
export async function openerOf(url: URL): Promise<OpenAdapter> {
  return (await moduleOf(url)).open;
}

/** Bytes that a store may come to hold beside what its calls hold. @throws SchemeRefused as `openerOf` */
export async function memoryOf(url: URL): Promise<number> {
  return (await moduleOf(url)).memory ?? 0;
}

/** What the planner of schema changes has to know of a backend, where it remembers contracts. @throws SchemeRefused as `openerOf` */
export async function abilitiesOf(url: URL): Promise<StoreAbilities | undefined> {
  return (await moduleOf(url)).abilities;
}

/** @throws SchemeRefused as `openerOf` */
export async function settingsCheckOf(url: URL): Promise<CheckSettings | undefined> {
  return (await moduleOf(url)).checkSettings;
}

async function moduleOf(url: URL): Promise<BackendModule> {
  const scheme = schemeOf(url);
  const backend = BACKENDS.find(({ schemes }) => schemes.includes(scheme));
  if (!backend) return packageOf(scheme);
  if (!backend.load) throw new SchemeRefused(`${scheme} is not built yet; this version opens ${built().join(", ")}`);
  return backend.load();
}

function built(): readonly string[] {
  return BACKENDS.flatMap(({ schemes, load }) => (load ? schemes.slice(0, 1) : []));
}

/** An installed package may bring a backend: its name is the scheme, and it exports `open`. */
async function packageOf(name: string): Promise<BackendModule> {
  const found: unknown = await import(name).catch(() => undefined);
  if (isBackend(found)) return found;
  throw new SchemeRefused(
    `nothing opens ${name}: this version opens ${built().join(", ")}, and no package of that name exports \`open\``,
  );
}

function isBackend(found: unknown): found is BackendModule {
  if (typeof found !== "object" || found === null || !("open" in found)) return false;
  const knowsMemory = !("memory" in found) || typeof found.memory === "number";
  const checks = !("checkSettings" in found) || typeof found.checkSettings === "function";
  return typeof found.open === "function" && knowsMemory && checks;
}
