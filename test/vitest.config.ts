// How vitest runs here: from the root of the repository, every *.test.ts under test and clients.
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";

const config: ViteUserConfig = defineConfig({
  root: fileURLToPath(new URL("..", import.meta.url)),
  test: {
    include: ["{test,clients}/**/*.test.ts"],
    pool: "forks",
    globalSetup: "test/servers/run-setup.ts",
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // The order of files never matters; one that depends on it should fail here and not on a colleague's machine.
    sequence: { shuffle: { files: true, tests: false } },
  },
});

export default config;
