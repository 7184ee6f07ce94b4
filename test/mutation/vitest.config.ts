// The unit tests with mutated sources; main.ts says which mutant is active.
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
    setupFiles: [fileURLToPath(new URL("active.ts", import.meta.url))],
    sequence: {},
    testTimeout: 300_000,
  },
});

export default config;
