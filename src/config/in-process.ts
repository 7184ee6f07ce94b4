/** The configuration of a sidecar that lives in its caller's process and keeps nothing. */

import { loadConfiguration, type Config } from "./config.ts";

export interface InProcessSources {
  readonly descriptors: readonly string[];
  /** As on the command line, without its dashes; stronger than what is chosen here. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where relative paths start. */
  readonly directory: string;
  /** Made for it. */
  readonly dataDir: string;
}

/** Nothing of the environment, and no file: a test means what it says. @throws ConfigurationRefused */
export async function inProcessConfig({
  descriptors,
  settings,
  directory,
  dataDir,
}: InProcessSources): Promise<Config> {
  const flags = new Map([
    ["listen", "127.0.0.1:0"],
    ["operations.listen", "127.0.0.1:0"],
    ["data-dir", dataDir],
    ["descriptors", descriptors.join(",")],
    ["stores.default.url", "memory:"],
    ["log.level", "fatal"],
    ...Object.entries(settings),
  ]);
  const sources = { environment: {}, flags, directory, hadFile: false };
  return (await loadConfiguration(sources)).config;
}
