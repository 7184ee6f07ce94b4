// connectconformance against a server of ours, gRPC over HTTP/2 without TLS, and against our client, also with TLS.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { goTool } from "../servers/go-tool.ts";
import type { TransportName } from "./transports.ts";

const module = "connectrpc.com/conformance";
const version = "v1.0.7";

export type Side = "server" | "client";

/** What we take: no compression, because a sidecar's caller is on the same machine. A client's calls have one request. */
const features = (side: Side): string => `features:
  versions: [HTTP_VERSION_2]
  protocols: [PROTOCOL_GRPC]
  codecs: [CODEC_PROTO]
  compressions: [COMPRESSION_IDENTITY]
  supportsTls: ${side === "client"}
  supportsTlsClientCerts: ${side === "client"}
  supportsH2c: true
${side === "client" ? "  streamTypes: [STREAM_TYPE_UNARY, STREAM_TYPE_SERVER_STREAM]\n" : ""}`;

/** A pattern of connectconformance's names, and why what it names fails. */
export interface KnownFailure {
  readonly pattern: string;
  readonly why: string;
}

export const knownFailures: Readonly<Record<Side, readonly KnownFailure[]>> = JSON.parse(
  await readFile(new URL("conformance-known-failures.json", import.meta.url), "utf8"),
);

export interface ConformanceResult {
  /** Nothing failed that is not known to, and all that is known to did. */
  readonly passed: boolean;
  /** What the runner sums up, and each case that ended otherwise than it should. */
  readonly said: string;
}

export async function conformance(transport: TransportName, side: Side = "server"): Promise<ConformanceResult> {
  const file = await goTool({
    name: "connectconformance",
    package: `${module}/cmd/connectconformance`,
    version,
    namedBy: "PANNIER_TEST_CONNECTCONFORMANCE",
  });
  const folder = await mkdtemp(join(tmpdir(), "pannier-conformance-"));
  try {
    const config = join(folder, "config.yaml");
    await writeFile(config, features(side));
    const known = knownFailures[side].flatMap(({ pattern }) => ["--known-failing", pattern]);
    const program = fileURLToPath(new URL(`conformance-${side}.ts`, import.meta.url));
    const own = [execPath, program, transport, await protos()];
    const args = ["--mode", side, "--conf", config, ...known, "--", ...own];
    return await new Promise((resolve) => {
      execFile(file, args, { maxBuffer: 67_108_864, timeout: 600_000 }, (error, out, err) =>
        resolve({ passed: error === null, said: `${out}${err}`.trim() }),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The .proto files of the service, as the tool's module has them. */
async function protos(): Promise<string> {
  const { stdout } = await promisify(execFile)("go", ["mod", "download", "-json", `${module}@${version}`], { env });
  const found: unknown = JSON.parse(stdout);
  if (typeof found === "object" && found !== null && "Dir" in found) return join(String(found.Dir), "proto");
  throw new Error(`${module} ${version} could not be downloaded`);
}
