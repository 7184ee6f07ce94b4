/** The way in: a client of the packages that it is given the tables of. */

import process from "node:process";
import type { ConnectOptions } from "./api/connect-options.ts";
import type { Connected, Database } from "./api/database.ts";
import { createCaller, type Caller } from "./runtime/caller.ts";
import { collect } from "./runtime/collection.ts";
import { askHealth, waitUntilServing } from "./runtime/health.ts";
import { repositoryClient } from "./runtime/repository-client.ts";
import { transact } from "./runtime/transaction.ts";
import type { PackageTable } from "./schema/tables.ts";
import { openChannel } from "./transport/native/channel.ts";
import { readTarget } from "./transport/target.ts";
import type { Transport } from "./transport/transport.ts";

/** The tables that belong to the packages' types. */
export type TablesOf<Packages> = { readonly [Name in keyof Packages]: PackageTable<Packages[Name]> };

const standardWait = 30_000;

/** @throws TypeError for a target that is none; PannierError when no sidecar serves in time */
export async function connect<Packages>(
  packages: TablesOf<Packages>,
  options: ConnectOptions = {},
): Promise<Database<Packages>> {
  // prettier-ignore
  const caller = createCaller(await openTransport(options), options);
  const { waitForHealth = standardWait } = options;
  try {
    if (waitForHealth > 0) await waitUntilServing(caller, waitForHealth);
  } catch (error) {
    await caller.close();
    throw error;
  }
  return Object.assign(connected(caller), clientsOf(packages, caller));
}

async function openTransport(options: ConnectOptions): Promise<Transport> {
  const { keepalive = 20_000, largestAnswer = 16_777_216, transport } = options;
  const target = readTarget(options, process.env);
  const channel = { target, keepalive, largestAnswer };
  if (transport !== "grpc-js") return openChannel(channel);
  const { openGrpcJs } = await import("./transport/grpc-js.ts"); // the package is there only where it is asked for
  return openGrpcJs(channel);
}

function connected(caller: Caller): Connected {
  return {
    transaction: (async (operations, options) => transact(caller, operations, options)) as Connected["transaction"], // its results are typed by position
    collection: ((members, query) => collect(caller, members, { ...query })) as Connected["collection"], // its items are typed by member
    health: (options) => askHealth(caller, options),
    close: () => caller.close(),
    [Symbol.asyncDispose]: () => caller.close(),
  };
}

function clientsOf<Packages>(packages: TablesOf<Packages>, caller: Caller): Packages {
  const clients = Object.entries<PackageTable>(packages).map(([name, { entities }]) => [
    name,
    Object.fromEntries(Object.entries(entities).map(([plural, table]) => [plural, repositoryClient(table, caller)])),
  ]);
  return Object.fromEntries(clients) as Packages; // the tables say so
}
