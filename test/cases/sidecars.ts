// The served processes that facts are tried on: one for each kind of store, with the entities of the tests.
import type { Buffer } from "node:buffer";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { JsonValue } from "@bufbuild/protobuf";
import { Metadata } from "@grpc/grpc-js";
import {
  failure,
  startSidecar,
  testEntities,
  type Outcome,
  type Sidecar,
  type SidecarOptions,
} from "../integration/sidecar.ts";
import { mariadbDatabase } from "../servers/mariadb.ts";
import { hasMysql, mysqlDatabase } from "../servers/mysql.ts";
import { postgresqlDatabase } from "../servers/postgresql.ts";
import { hasTidb, tidbDatabase } from "../servers/tidb.ts";

/** Where facts are tried. */
export interface Place {
  readonly name: string;
  /** @throws before the tests run */
  sidecar(): Sidecar;
}

/** By name: every store that could answer otherwise. */
export const STORES: { readonly [name: string]: () => string | Promise<string> } = {
  sqlite: () => "sqlite:cases.db",
  memory: () => "memory:",
  weak: () => "memory:?profile=weak",
  postgresql: postgresqlDatabase,
  mariadb: mariadbDatabase,
  ...(hasMysql && { mysql: mysqlDatabase }),
  ...(hasTidb && { tidb: tidbDatabase }),
};

/** Servers are made by whoever asks first. */
const STARTING = 300_000;

/** Few rows make a page, so that clamping shows. */
const LIMITS = "limits: {page_size: 3, max_page_size: 5, batch_items: 100}";

/** Starts a sidecar for a group of facts, and asserts afterwards that it still serves and nothing in it went wrong. */
export function serve(name: string, options: SidecarOptions = {}): Place {
  let sidecar: Sidecar | undefined;
  const place: Place = {
    name,
    sidecar: () => {
      if (!sidecar) throw new Error("the sidecar has not started");
      return sidecar;
    },
  };
  beforeAll(async () => {
    const url = (await STORES[name]?.()) ?? "sqlite:cases.db";
    const yaml = `stores: {default: {url: '${url}'}}\n${LIMITS}\n`;
    sidecar = await startSidecar({ yaml, descriptors: testEntities, ...options });
  }, STARTING);
  afterAll(() => sidecar?.dispose());
  return place;
}

/** The last fact of a group: what was thrown at the server has left no trace. */
export function unharmed(place: Place): void {
  test("afterwards the server serves, its log tells of no error, and its memory is what it was", async () => {
    const sidecar = place.sidecar();
    const { log, process } = sidecar;
    expect(await sidecar.call("grpc.health.v1.Health/Check", {})).toMatchObject({
      ok: true,
      json: { status: "SERVING" },
    });
    expect(log.filter((line) => /"level":"(error|fatal)"/.test(line))).toEqual([]);
    expect(process.exitCode).toBeNull();
    expect(await residentMegabytes(process.pid ?? 0)).toBeLessThan(400);
  });
}

async function residentMegabytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1_024;
}

/** Sends bytes as they are; of an answer only that it came. */
export function send({ client }: Sidecar, method: string, request: Buffer): Promise<Outcome> {
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest(`/${method}`, same, same, request, new Metadata(), {}, (error, answer) => {
      if (error) resolve(failure(error));
      else resolve({ ok: true, json: {}, bytes: answer ?? same(request.subarray(0, 0)), headers: undefined });
    });
  });
}

/** Entities whose rows a refused call must leave alone. */
const WATCHED = ["Everything", "Account", "Guarded", "Ticket", "Plain", "Composite"];

/** All rows there are, the deleted too. */
export async function everyRow(sidecar: Sidecar): Promise<readonly JsonValue[]> {
  const rows: JsonValue[] = [];
  for (const entity of WATCHED) {
    const { frames, end } = await sidecar.stream(`test.v1.${entity}Repository/Scan`, { showDeleted: true });
    expect(end).toBeUndefined();
    for (const frame of frames) rows.push(entitiesOf(frame));
  }
  return rows;
}

function entitiesOf(frame: JsonValue): JsonValue {
  return typeof frame === "object" && frame !== null && !Array.isArray(frame) ? (frame["entities"] ?? []) : [];
}
