// A fact of the wire: bytes go over a connection of their own, and the table says how it ends. The server's memory is measured meanwhile, and told.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, stdout } from "node:process";
import { afterAll, beforeAll, expect } from "vitest";
import { startSidecar, testEntities, type Sidecar, type SidecarOptions } from "../../integration/sidecar.ts";
import { declare, requireEnd } from "../fact.ts";
import type { Expectation } from "../row.ts";
import { everyRow, type Place } from "../sidecars.ts";
import { expected } from "../table.ts";
import type { Seen, WireSeen } from "./seen.ts";

export interface WireTrial {
  /** What must be there before; it may write. */
  readonly given?: (sidecar: Sidecar) => Promise<unknown>;
  /** Megabytes the server may take more at its height; 64 when absent. */
  readonly growth?: number;
  /** Milliseconds of CPU that the server may take, all threads; not looked at when absent. */
  readonly cpu?: number;
  readonly when: (sidecar: Sidecar) => Promise<Seen | readonly Seen[]>;
}

export type DeclareWireFact = (row: number, name: string, trial: WireTrial | WireTrial["when"]) => void;

const USUAL_GROWTH = 64;

export function wireFacts(place: Place): DeclareWireFact {
  return (row, name, trial) => {
    const expectation = expected(row, name);
    const {
      given,
      growth = USUAL_GROWTH,
      cpu = Infinity,
      when,
    } = typeof trial === "function" ? { when: trial } : trial;
    declare(row, name, place.name, async () => {
      const sidecar = place.sidecar();
      await given?.(sidecar);
      const before = isRefusal(expectation) ? await everyRow(sidecar) : undefined;
      const { result, memory } = await measured(sidecar, () => when(sidecar));
      stdout.write(`row ${row}, ${place.name}, ${name}: ${said(memory)}\n`);
      const seen: readonly Seen[] = Array.isArray(result) ? result : [result];
      expect(seen.length).toBeGreaterThan(0);
      for (const [i, one] of seen.entries()) requireSeen(one, expectation, `input ${i}`);
      expect(memory.peak - memory.before).toBeLessThanOrEqual(growth);
      expect(memory.cpu).toBeLessThanOrEqual(cpu);
      await requireServing(sidecar);
      if (before) expect(await everyRow(sidecar)).toEqual(before);
    });
  };
}

function isRefusal(expectation: Expectation): boolean {
  return expectation.kind === "call" && expectation.code !== 0;
}

function requireSeen(seen: Seen, expectation: Expectation, input: string): void {
  if (expectation.kind === "call" && !isWire(seen)) return requireEnd(seen, expectation, input);
  // Bytes that were still on their way when the server closed can cost the GOAWAY; the closing is seen all the same.
  const { goaway, ...rest } = { goaway: undefined, ...expectation };
  const lost = isWire(seen) && seen.closed === true && seen.goaway === undefined;
  expect({ input, ...seen }).toMatchObject(goaway === undefined || lost ? rest : expectation);
}

function isWire(seen: Seen): seen is WireSeen {
  return "kind" in seen;
}

/** Other connections go on. */
export async function requireServing(sidecar: Sidecar): Promise<void> {
  expect(await sidecar.call("grpc.health.v1.Health/Check", {})).toMatchObject({
    ok: true,
    json: { status: "SERVING" },
  });
}

/** Megabytes, and the milliseconds of CPU meanwhile. */
export interface Memory {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
  readonly cpu: number;
}

function said({ before, peak, after, cpu }: Memory): string {
  return `server memory ${before} → ${after} MB, at most ${peak} MB; CPU ${cpu} ms`;
}

const SAMPLE = 20; // milliseconds

/** What `run` does to the memory of the served process. */
export async function measured<Result>(
  { process: { pid } }: Sidecar,
  run: () => Promise<Result>,
): Promise<{ readonly result: Result; readonly memory: Memory }> {
  const before = await residentMegabytes(pid);
  const started = await cpuMilliseconds(pid);
  let peak = before;
  const sampling = setInterval(() => {
    void residentMegabytes(pid).then((now) => (peak = Math.max(peak, now)));
  }, SAMPLE);
  try {
    const result = await run();
    const after = await residentMegabytes(pid);
    return {
      result,
      memory: { before, peak: Math.max(peak, after), after, cpu: (await cpuMilliseconds(pid)) - started },
    };
  } finally {
    clearInterval(sampling);
  }
}

/** User and system, in the clock ticks that the kernel tells: 100 a second. */
async function cpuMilliseconds(pid: number | undefined): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const [user = 0, system = 0] = stat.slice(stat.lastIndexOf(")")).split(" ").slice(12, 14).map(Number);
  return (user + system) * 10;
}

async function residentMegabytes(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1_024);
}

/** Shorter than an operator's, so that a test need not wait; the defaults stand in settings.ts. */
const LIMITS =
  "{handshake_timeout: 500ms, read_timeout: 1s, slow_consumer: 1s, streams_per_connection: 500, page_size: 3, max_page_size: 5}";

/** For facts that are not about time: nothing of it runs out on a machine with other work. */
export const PATIENT = "{streams_per_connection: 500, page_size: 3, max_page_size: 5}";

const everyTransport = ["native, tcp", "native, unix", "grpc-js, tcp", "grpc-js, unix"] as const;

export type Transport = (typeof everyTransport)[number];

/** Whether everything is to be tried, as the gate does; else the reference is tried where it tells most. */
const isThorough = env["PANNIER_TEST_SERVERS"] === "all";

const chosen = (...few: readonly Transport[]): readonly Transport[] => (isThorough ? everyTransport : few);

/** The transport that serves, on TCP and on a Unix socket; every transport where everything is tried. */
export const TRANSPORTS: readonly Transport[] = chosen("native, tcp", "native, unix");
/** The reference with them: for what a library is most likely to do otherwise. */
export const TRANSPORTS_AND_REFERENCE: readonly Transport[] = chosen("native, tcp", "native, unix", "grpc-js, tcp");
/** For what would cost the same twice. */
export const TRANSPORTS_ON_TCP: readonly Transport[] = TRANSPORTS.filter((transport) => transport.endsWith("tcp"));

/** The environment in which a sidecar has the transport. */
export function speaking(transport: Transport): { readonly PANNIER_TRANSPORT: string } {
  return { PANNIER_TRANSPORT: transport.split(",")[0] ?? "" };
}

/** Whether the transport listens on a Unix socket. */
export function isUnix(transport: Transport): boolean {
  return transport.endsWith("unix");
}

/** A sidecar for a group of facts, on TCP or on a Unix socket in a directory of its own. */
export function servedOver(
  transport: Transport,
  limits: string = LIMITS,
  { environment = {} }: Pick<SidecarOptions, "environment"> = {},
): Place {
  let sidecar: Sidecar | undefined;
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "pannier-"));
    sidecar = await startSidecar({
      yaml: `stores: {default: {url: 'sqlite:cases.db'}}\nlimits: ${limits}\n`,
      descriptors: testEntities,
      environment: { ...environment, ...speaking(transport) },
      ...(isUnix(transport) ? { listen: `unix:${join(directory, "data.sock")}` } : {}),
    });
  });
  afterAll(async () => {
    await sidecar?.dispose();
    await rm(directory, { recursive: true, force: true });
  });
  return {
    name: transport,
    sidecar: () => {
      if (!sidecar) throw new Error("the sidecar has not started");
      return sidecar;
    },
  };
}
