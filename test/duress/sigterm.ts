// SIGTERM under load, as often as asked: `node test/duress/sigterm.ts [rounds]`. Every call that was sent must be answered or refused by us before anything
// happened. The callers are plain HTTP/2, because only there it can be told what was never sent: a call without a connection, on a stream that GOAWAY
// excludes, or one refused as a whole (RFC 9113, 6.8 and 8.7).
import { fromBinary, fromJson, toBinary, type JsonValue } from "@bufbuild/protobuf";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, constants, type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { argv } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import { startSidecar, type Sidecar } from "../integration/sidecar.ts";

export interface Round {
  readonly answered: number;
  /** UNAVAILABLE with our ErrorInfo. */
  readonly refused: number;
  readonly neverSent: number;
  /** Everything else, by what it was; must be empty. */
  readonly otherwise: Readonly<Record<string, number>>;
  /** Scans that ran when the signal came. */
  readonly scans: number;
  readonly exit: number | null;
  /** Milliseconds from the signal to the end of the process. */
  readonly ms: number;
}

export interface Load {
  /** Milliseconds; `shutdown.grace` of the sidecar. */
  readonly grace: number;
  readonly callsPerSecond: number;
  readonly scans: number;
  readonly rows: number;
}

export const LOAD: Load = { grace: 4_000, callsPerSecond: 500, scans: 20, rows: 20_000 };

const connections = 8;
const warmUp = 600; // milliseconds of load before the signal
const readerPause = 20; // milliseconds a scan's reader takes over what it got

/** Many rounds on one database. */
export async function sigterm(rounds: number, load: Load, onRound: (round: Round) => void = () => {}): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "pannier-sigterm-"));
  try {
    await fill(directory, load);
    for (let at = 0; at < rounds; at += 1) onRound(await oneRound(directory, load));
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fill(directory: string, { rows }: Load): Promise<void> {
  const sidecar = await startSidecar({ directory });
  const most = 500;
  for (let from = 0; from < rows; from += most) {
    const writes = Array.from({ length: Math.min(most, rows - from) }, (_, i) => ({
      put: { entity: { id: `row-${from + i}`, name: "x".repeat(120) } },
    }));
    await sidecar.call("shop.v1.ProductRepository/BatchWrite", { writes });
  }
  await sidecar.dispose();
}

async function oneRound(directory: string, load: Load): Promise<Round> {
  const sidecar = await startSidecar({
    directory,
    environment: { PANNIER_SHUTDOWN_GRACE: `${load.grace}ms`, PANNIER_LOG_LEVEL: "error" },
  });
  sidecar.client.close();
  const callers = Array.from({ length: connections }, () => new Caller(sidecar.address));
  const ends: Promise<string>[] = [];
  const create = (n: number): Buffer => message(sidecar, "Create", { entity: { id: `${process.hrtime.bigint()}-${n}` } });
  const get = message(sidecar, "Get", { key: { id: "row-1" } });
  let n = 0;
  const timer = setInterval(() => {
    for (const last = n + load.callsPerSecond / 100; n < last; n += 1) {
      const caller = callers[n % connections];
      if (caller) ends.push(n % 3 === 0 ? caller.call("Create", create(n)) : caller.call("Get", get));
    }
  }, 10);
  const scan = message(sidecar, "Scan", { pageSize: 20 });
  let scanning = 0;
  for (let at = 0; at < load.scans; at += 1) {
    scanning += 1;
    const end = callers[at % connections]?.call("Scan", scan, readerPause) ?? Promise.resolve("missing");
    ends.push(end.finally(() => (scanning -= 1)));
  }
  await sleep(warmUp);
  const scans = scanning;
  const signalled = performance.now();
  const exit = await sidecar.stop();
  const ms = performance.now() - signalled;
  await sleep(50); // calls that find nobody any more
  clearInterval(timer);
  const counted = Map.groupBy(await Promise.all(ends), (end) => end);
  for (const caller of callers) caller.close();
  const count = (end: string): number => counted.get(end)?.length ?? 0;
  const otherwise = Array.from(counted).filter(([end]) => !["answered", "refused", "never sent"].includes(end));
  return {
    answered: count("answered"),
    refused: count("refused"),
    neverSent: count("never sent"),
    otherwise: Object.fromEntries(otherwise.map(([end, all]) => [end, all.length])),
    scans,
    exit,
    ms,
  };
} // prettier-ignore

function message(sidecar: Sidecar, method: string, request: JsonValue): Buffer {
  const found = sidecar.registry.getService("shop.v1.ProductRepository")?.methods.find(({ name }) => name === method);
  if (!found) throw new Error(`${method} is not served`);
  const bytes = toBinary(found.input, fromJson(found.input, request, { registry: sidecar.registry }));
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** One connection at a time; a new one after GOAWAY, as clients do. */
class Caller {
  readonly #url: string;
  #session: ClientHttp2Session;
  /** Whether the server's SETTINGS came: before that a gRPC client sends nothing (gRPC connectivity semantics: READY). */
  readonly #ready = new WeakMap<ClientHttp2Session, Promise<boolean>>();
  /** The last stream that the server takes, once it has said so. */
  readonly #lasts = new WeakMap<ClientHttp2Session, number>();

  constructor(address: string) {
    this.#url = `http://${address}`;
    this.#session = this.#connect();
  }

  /** Answers how the call ended. */
  async call(method: string, body: Buffer, pause = 0): Promise<string> {
    if (this.#session.closed || this.#session.destroyed || this.#lasts.has(this.#session)) this.#session = this.#connect();
    const session = this.#session;
    const isReady = await this.#ready.get(session);
    if (isReady !== true || session.closed || session.destroyed) return "never sent";
    const stream = session.request({
      ":method": "POST",
      ":path": `/shop.v1.ProductRepository/${method}`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    let status: IncomingHttpHeaders = {};
    const keep = (headers: IncomingHttpHeaders): void => void (status = { ...status, ...headers });
    let failure = "";
    stream.on("response", keep).on("trailers", keep);
    stream.on("error", (error: Error & { readonly code?: string }) => (failure = error.code ?? error.message));
    stream.on("data", () => {
      if (pause === 0) return;
      stream.pause();
      setTimeout(() => stream.resume(), pause);
    });
    stream.end(body);
    await once(stream, "close").catch(() => {});
    const code = status["grpc-status"];
    if (code === "14" && reasonOf(status) === "DRAINING") return "refused";
    if (code !== undefined) return code === "0" || code === "5" ? "answered" : `status ${String(code)} ${reasonOf(status)}`;
    const excluded = stream.id !== undefined && stream.id > this.#lastOf(session);
    if (stream.id === undefined || excluded) return "never sent";
    if (stream.rstCode === constants.NGHTTP2_REFUSED_STREAM) return "never sent";
    return `${method} lost: rst ${stream.rstCode} ${failure}`;
  } // prettier-ignore

  close(): void {
    this.#session.destroy();
  }

  #lastOf(session: ClientHttp2Session): number {
    return this.#lasts.get(session) ?? Infinity;
  }

  #connect(): ClientHttp2Session {
    const session = connect(this.#url);
    const ready = Promise.withResolvers<boolean>();
    session.once("remoteSettings", () => ready.resolve(true)).once("close", () => ready.resolve(false));
    this.#ready.set(session, ready.promise);
    session.on("error", () => {}); // its streams tell
    session.on("goaway", (_code, last) => this.#lasts.set(session, Math.min(last, this.#lastOf(session))));
    return session;
  }
}

function reasonOf(headers: IncomingHttpHeaders): string {
  const packed = headers["grpc-status-details-bin"];
  if (typeof packed !== "string") return "";
  const { details } = fromBinary(StatusSchema, Buffer.from(packed, "base64"));
  const info = details.find(({ typeUrl }) => typeUrl.endsWith(ErrorInfoSchema.typeName));
  return info ? fromBinary(ErrorInfoSchema, info.value).reason : "";
}

if (argv[1] === import.meta.filename) {
  const sums = {
    rounds: 0,
    answered: 0,
    refused: 0,
    neverSent: 0,
    otherwise: 0,
    scans: 0,
    slowest: 0,
    late: 0,
    badExits: 0,
  };
  await sigterm(Number(argv[2] ?? 100), LOAD, (round) => {
    const wrong = Object.values(round.otherwise).reduce((sum, count) => sum + count, 0);
    sums.rounds += 1;
    sums.answered += round.answered;
    sums.refused += round.refused;
    sums.neverSent += round.neverSent;
    sums.otherwise += wrong;
    sums.scans += round.scans;
    sums.slowest = Math.max(sums.slowest, Math.round(round.ms));
    if (round.exit !== 0) sums.badExits += 1;
    if (round.ms > LOAD.grace) sums.late += 1; // which a busy machine makes of a good end
    if (wrong > 0 || round.exit !== 0) console.log(JSON.stringify(round));
  });
  console.log(JSON.stringify(sums));
  process.exitCode = sums.otherwise + sums.badExits === 0 ? 0 : 1;
}
