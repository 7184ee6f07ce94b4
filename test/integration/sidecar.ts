// Starts the sidecar as a user does, in a process of its own, and calls it like any client: over gRPC, with messages learned by reflection.
import {
  create,
  createFileRegistry,
  createRegistry,
  fromBinary,
  fromJson,
  toBinary,
  toJson,
  type JsonValue,
  type DescMethod,
  type Registry,
} from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema, type FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { StatusSchema } from "../../src/gen/google/rpc/status_pb.ts";
import {
  ServerReflectionRequestSchema,
  ServerReflectionResponseSchema,
} from "../../src/gen/grpc/reflection/v1/reflection_pb.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

const ownLauncher = join(root, "src/pannier.js");

/** Directory of the entities in `test.v1`. */
export const testEntities: string = join(root, "test", "entities");

export interface SidecarOptions {
  /** Text of pannier.yaml; the default serves the example entities on a database file in the sidecar's own directory. */
  readonly yaml?: string;
  readonly environment?: { readonly [name: string]: string };
  readonly flags?: readonly string[];
  /** Where it serves gRPC; a free port of 127.0.0.1 when absent. */
  readonly listen?: string;
  /** What is served; the example entities when absent. Entities of tests lie in `testEntities`. */
  readonly descriptors?: string;
  /** Directory of an earlier sidecar, to go on with its data. */
  readonly directory?: string;
  /** Messages of an earlier sidecar with the same entities: they are not asked for again. */
  readonly registry?: Registry;
  /** The `pannier.js` to start, where it is not the one of this checkout. */
  readonly launcher?: string;
  /** What to run in the place of `node` and the launcher; the arguments of the sidecar follow. */
  readonly command?: readonly string[];
}

/** What a call came to: the answer as JSON, or the status with its details. */
export type Outcome =
  | {
      readonly ok: true;
      readonly json: JsonValue;
      /** The answer as it came. */
      readonly bytes: Buffer;
      readonly headers: Metadata | undefined;
    }
  | {
      readonly ok: false;
      readonly code: number;
      readonly message: string;
      readonly reason: string;
      readonly info: { readonly [name: string]: string };
      readonly fields: readonly string[];
      readonly retryAfter: number | undefined;
      readonly trailers: Metadata;
    };

export interface CallOptions {
  readonly metadata?: { readonly [name: string]: string };
  /** Milliseconds from now. */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
  /** Of a stream: once so many have come, it is cancelled. */
  readonly frames?: number;
}

export interface Sidecar {
  readonly address: string;
  readonly directory: string;
  readonly process: ChildProcess;
  /** Lines of the log so far. */
  readonly log: readonly string[];
  /** Lines printed for people so far. */
  readonly printed: readonly string[];
  /** For calls that JSON cannot say. */
  readonly client: Client;
  /** All messages that are served. */
  readonly registry: Registry;
  /** `method` is for example `shop.v1.OrderRepository/Create`; the request is protobuf's JSON. */
  call(method: string, request: JsonValue, options?: CallOptions): Promise<Outcome>;
  /** Of a method that streams: the frames that came, and how it ended. */
  stream(
    method: string,
    request: JsonValue,
    options?: CallOptions,
  ): Promise<{ readonly frames: readonly JsonValue[]; readonly end: Outcome | undefined }>;
  /** Sends the signal and answers the exit status. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Stops it, and removes its directory. */
  dispose(): Promise<void>;
}

export interface RunOptions extends Pick<SidecarOptions, "environment" | "directory"> {
  /** Most files it may open. */
  readonly openFiles?: number;
}

/** Runs `pannier` with arguments until it ends; `cpu` are the seconds of processor time it took, system included. */
export async function runPannier(
  args: readonly string[],
  { directory = tmpdir(), environment, openFiles }: RunOptions = {},
): Promise<{ code: number | null; out: string; err: string; cpu: number }> {
  const limit = openFiles === undefined ? "" : `ulimit -n ${openFiles}; `;
  const timed = `${limit}"$@" 3>&-; code=$?; times >&3; exit $code`;
  const child = spawn("sh", ["-c", timed, "sh", process.execPath, ownLauncher, ...args], {
    ...surroundings(directory, environment),
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, out, err, times] = child.stdio.map((stream) => {
    const said = { text: "" };
    stream?.on("data", (text) => (said.text += String(text)));
    return said;
  });
  const [code] = await once(child, "close");
  return {
    code: typeof code === "number" ? code : null,
    out: out?.text ?? "",
    err: err?.text ?? "",
    cpu: secondsOf(times?.text ?? ""),
  };
}

/** What `times` of the shell says: its own user and system time, and on the second line those of what it ran, each as 0m0.25s. */
function secondsOf(times: string): number {
  const parts = [...(times.split("\n")[1] ?? "").matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) throw new Error(`the shell's times are not readable: ${times}`);
  return parts.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0);
}

export async function startSidecar(options: SidecarOptions = {}): Promise<Sidecar> {
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), "pannier-")));
  if (options.yaml !== undefined) await writeFile(join(directory, "pannier.yaml"), options.yaml);
  const child = launch(
    options.command ?? [process.execPath, options.launcher ?? ownLauncher],
    [
      "serve",
      "--listen",
      options.listen ?? "127.0.0.1:0",
      "--descriptors",
      options.descriptors ?? join(root, "proto"),
      ...(options.flags ?? []),
    ],
    directory,
    options.environment,
  );
  const log: string[] = [];
  const printed: string[] = [];
  const address = await addressOf(child, log, printed);
  const client = new Client(
    address.startsWith("unix:") ? address.replace("unix:", "unix://") : address,
    credentials.createInsecure(),
  );
  const registry = options.registry ?? (await reflect(client));
  const sidecar: Sidecar = {
    address, directory, process: child, log, printed, client, registry,
    call: (method, request, callOptions = {}) => unary(client, registry, method, request, callOptions),
    stream: (method, request, callOptions = {}) => frames(client, registry, method, request, callOptions),
    stop: (signal = "SIGTERM") => stopChild(child, signal),
    dispose: async () => {
      client.close();
      await stopChild(child, "SIGTERM");
      if (options.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  }; // prettier-ignore
  return sidecar;
}

function launch(
  [program = "", ...first]: readonly string[],
  args: readonly string[],
  cwd: string,
  environment: { readonly [name: string]: string } | undefined,
): ChildProcess {
  return spawn(program, [...first, ...args], {
    ...surroundings(cwd, environment),
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function surroundings(
  cwd: string,
  environment: { readonly [name: string]: string } = {},
): { readonly cwd: string; readonly env: NodeJS.ProcessEnv } {
  // Several sidecars run side by side, each on ports of its own.
  const { PATH, PANNIER_TRANSPORT } = process.env;
  // The suites can be run on another transport than the default.
  const transport = PANNIER_TRANSPORT === undefined ? {} : { PANNIER_TRANSPORT };
  return { cwd, env: { PATH, PANNIER_OPERATIONS_LISTEN: "127.0.0.1:0", ...transport, ...environment } };
}

async function stopChild(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const closed = once(child, "exit");
    child.kill(signal);
    await closed;
  }
  return child.exitCode;
}

/** Reads what the process says until it names its address. */
function addressOf(child: ChildProcess, log: string[], printed: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const { stdout, stderr } = child;
    if (!stdout || !stderr) throw new Error("the sidecar has no pipes");
    createInterface({ input: stderr }).on("line", (line) => log.push(line));
    createInterface({ input: stdout }).on("line", (line) => {
      printed.push(line);
      const address = / on (unix:.+|\S+)$/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("close", (code) => reject(new Error(`the sidecar ended with ${code}:\n${log.join("\n")}`)));
  });
}

const bytes = (value: Buffer): Buffer => value;

/** Asks the server for all its files, as grpcurl does. */
async function reflect(client: Client): Promise<Registry> {
  const ask = async (request: Parameters<typeof create<typeof ServerReflectionRequestSchema>>[1]) => {
    const stream = client.makeBidiStreamRequest(
      "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      bytes,
      bytes,
    );
    stream.end(Buffer.from(toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, request))));
    for await (const answer of stream) return fromBinary(ServerReflectionResponseSchema, answer).messageResponse;
    throw new Error("reflection did not answer");
  };
  const services = await ask({ messageRequest: { case: "listServices", value: "*" } });
  if (services.case !== "listServicesResponse") throw new Error("reflection does not list services");
  const files = new Map<string, FileDescriptorProto>();
  for (const { name } of services.value.service) {
    const found = await ask({ messageRequest: { case: "fileContainingSymbol", value: name } });
    if (found.case !== "fileDescriptorResponse") throw new Error(`reflection has no file of ${name}`);
    for (const file of found.value.fileDescriptorProto.map((one) => fromBinary(FileDescriptorProtoSchema, one)))
      files.set(file.name, file);
  }
  const registry = createFileRegistry(create(FileDescriptorSetSchema, { file: inOrder(files) }));
  return createRegistry(registry, ErrorInfoSchema, BadRequestSchema, RetryInfoSchema);
}

/** Every file after those it imports. */
function inOrder(files: ReadonlyMap<string, FileDescriptorProto>): FileDescriptorProto[] {
  const done = new Set<FileDescriptorProto>();
  const visit = (file: FileDescriptorProto | undefined): void => {
    if (!file || done.has(file)) return;
    for (const name of file.dependency) visit(files.get(name));
    done.add(file);
  };
  for (const file of files.values()) visit(file);
  return [...done];
}

function methodOf(registry: Registry, method: string): DescMethod {
  const [service = "", name = ""] = method.split("/");
  const found = registry.getService(service)?.methods.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`${method} is not served`);
  return found;
}

function requestBytes(registry: Registry, method: DescMethod, request: JsonValue): Buffer {
  return Buffer.from(toBinary(method.input, fromJson(method.input, request, { registry })));
}

function metadataOf({ metadata = {} }: CallOptions): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(metadata)) made.set(name, value);
  return made;
}

function deadlineOf({ timeout }: CallOptions): { deadline?: number } {
  return timeout === undefined ? {} : { deadline: Date.now() + timeout };
}

function unary(
  client: Client,
  registry: Registry,
  path: string,
  request: JsonValue,
  options: CallOptions,
): Promise<Outcome> {
  const method = methodOf(registry, path);
  return new Promise((resolve) => {
    let headers: Metadata | undefined;
    const running = client.makeUnaryRequest(
      `/${path}`,
      bytes,
      bytes,
      requestBytes(registry, method, request),
      metadataOf(options),
      deadlineOf(options),
      (error, answer) => {
        if (error) resolve(failure(error));
        else
          resolve({
            ok: true,
            headers,
            bytes: answer ?? Buffer.alloc(0),
            json: toJson(method.output, fromBinary(method.output, answer ?? Buffer.alloc(0)), { registry }),
          });
      },
    );
    running.on("metadata", (found: Metadata) => (headers = found));
    options.signal?.addEventListener("abort", () => running.cancel());
  });
}

async function frames(
  client: Client,
  registry: Registry,
  path: string,
  request: JsonValue,
  options: CallOptions,
): Promise<{ frames: JsonValue[]; end: Outcome | undefined }> {
  const method = methodOf(registry, path);
  const got: JsonValue[] = [];
  const stream = client.makeServerStreamRequest(
    `/${path}`,
    bytes,
    bytes,
    requestBytes(registry, method, request),
    metadataOf(options),
    deadlineOf(options),
  );
  options.signal?.addEventListener("abort", () => stream.cancel());
  return new Promise((resolve) => {
    stream.on("data", (frame: Buffer) => {
      got.push(toJson(method.output, fromBinary(method.output, frame), { registry }));
      if (got.length === options.frames) stream.cancel();
    });
    stream.on("error", (error: ServiceError) => resolve({ frames: got, end: failure(error) }));
    stream.on("end", () => resolve({ frames: got, end: undefined }));
  });
}

/** The status and its details, as a standard client gets them. */
export function failure(error: ServiceError): Outcome {
  const [packed] = error.metadata.get("grpc-status-details-bin");
  const { details } = fromBinary(StatusSchema, Buffer.isBuffer(packed) ? packed : Buffer.alloc(0));
  const of = (type: string): Uint8Array =>
    details.find(({ typeUrl }) => typeUrl.endsWith(`/${type}`))?.value ?? new Uint8Array();
  const { reason, metadata } = fromBinary(ErrorInfoSchema, of(ErrorInfoSchema.typeName));
  const { fieldViolations } = fromBinary(BadRequestSchema, of(BadRequestSchema.typeName));
  const { retryDelay } = fromBinary(RetryInfoSchema, of(RetryInfoSchema.typeName));
  return {
    ok: false,
    code: error.code,
    message: error.details,
    reason,
    info: metadata,
    fields: fieldViolations.map(({ field }) => field),
    retryAfter: retryDelay ? Number(retryDelay.seconds) * 1_000 + retryDelay.nanos / 1e6 : undefined,
    trailers: error.metadata,
  };
}
