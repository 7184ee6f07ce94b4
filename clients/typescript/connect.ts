/** The way in: a client of the packages that it is given the tables of. */

import type { ConnectOptions } from "./api/connect-options.ts";
import type { Database } from "./api/database.ts";
import type { PackageTable } from "./schema/tables.ts";

/** The tables that belong to the packages' types. */
export type TablesOf<Packages> = { readonly [Name in keyof Packages]: PackageTable<Packages[Name]> };

export function connect<Packages>(
  _packages: TablesOf<Packages>,
  _options?: ConnectOptions,
): Promise<Database<Packages>> {
  return Promise.reject(new Error("the runtime of the client is not there yet"));
}
