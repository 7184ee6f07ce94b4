// How vitest runs here: from the root of the repository, every *.test.ts under test and clients.
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import { LongFirst } from "./run/sequencer.ts";

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  // Generated modules import `pannier/client`, which is its sources here and what was emitted from them in the package.
  resolve: { conditions: ["pannier-source", "node"] },
  ssr: { resolve: { conditions: ["pannier-source", "node"] } },
  test: {
    include: ["{test,clients}/**/*.test.ts"],
    pool: "forks",
    globalSetup: "test/servers/run-setup.ts",
    // Two at a time on two cores, where vitest would run one: much of what the tests do is to wait for a process or a timer.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // For what hangs. Nothing passes or fails by how quick a machine is.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // The order of files never matters; one that depends on it should fail here and not on a colleague's machine.
    sequence: { shuffle: { files: true, tests: false }, sequencer: LongFirst },
  },
});

export default config;
