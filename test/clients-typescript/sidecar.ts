// A sidecar on the memory store for the tests of one file, and clients of it.
import { fileURLToPath } from "node:url";
import { startSidecar, type TestSidecar } from "pannier/testing";

export const proto: string = fileURLToPath(new URL("../../proto", import.meta.url));

export function startShop(): Promise<TestSidecar> {
  return startSidecar({ descriptors: [proto] });
}
