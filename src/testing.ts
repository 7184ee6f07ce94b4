/**
 * `pannier/testing`: a sidecar inside the process of a test, on the memory store, on a port of its own. It speaks gRPC as any other, so the
 * code under test connects to it as it does in earnest. As many as are wanted may run at once.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { compose } from "./compose.ts";
import { inProcessConfig } from "./config/in-process.ts";
import { systemClock } from "./model/clock.ts";
import { createLog } from "./telemetry/log.ts";
import { createFaults, type Faults } from "./testing/faults.ts";

export type { Faults, FaultRule } from "./testing/faults.ts";

export interface TestSidecarOptions {
  /** Directories of .proto files and descriptor sets; `proto` of the working directory when absent. */
  readonly descriptors?: readonly string[];
  /** Settings as on the command line, for example `{ "limits.message-bytes": "65536" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Lines of its log, which is silent otherwise. */
  readonly log?: (line: string) => void;
}

export interface TestSidecar extends AsyncDisposable {
  /** For `connect({ target })`. */
  readonly target: string;
  /** What goes wrong in it, from now on. */
  readonly faults: Faults;
  stop(): Promise<void>;
}

/** Where compiled directories of .proto files are kept from one run of the tests to the next. */
function compiledIn(environment: NodeJS.ProcessEnv): string {
  return join(environment["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "pannier", "testing");
}

/** Resolves when it serves. @throws whatever refuses the start of a sidecar */
export async function startSidecar(options: TestSidecarOptions = {}): Promise<TestSidecar> {
  const { descriptors = ["proto"], settings = {}, log } = options;
  const directory = process.cwd();
  const dataDir = await mkdtemp(join(tmpdir(), "pannier-testing-"));
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  try {
    const config = await inProcessConfig({ descriptors, settings, directory, dataDir });
    const faults = createFaults();
    const sidecar = await compose({
      config,
      directory,
      cacheDir: compiledIn(process.env),
      clock: systemClock,
      log: createLog({ level: config.log.level, format: "json", base: {} }, log ?? (() => {})),
      around: (methods) => faults.around(methods),
    });
    let stopping: Promise<void> | undefined;
    const stop = (): Promise<void> => (stopping ??= sidecar.stop().then(remove));
    return { target: sidecar.listener.address, faults, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await remove();
    throw error;
  }
}
