// The unit tests with mutated sources; unit-process.ts says which mutant is active.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type ViteUserConfig } from "vitest/config";
import own from "../vitest.config.ts";

const texts = JSON.parse(readFileSync(process.env["MUTATED"] ?? "", "utf8")) as { readonly [path: string]: string }; // main.ts wrote it

const config: ViteUserConfig = defineConfig({
  ...own,
  plugins: [{ name: "mutated", enforce: "pre", transform: (_code, id) => texts[id] }],
  test: {
    ...own.test,
    setupFiles: [fileURLToPath(new URL("unit-setup.ts", import.meta.url))],
    sequence: {},
    // What is slow without a mutant, too, is not taken for a hang: see unit-workers.ts.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 20_000 } },
    maxWorkers: 1,
  },
});

export default config;
