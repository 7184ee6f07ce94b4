import { describe, expect, it } from "vitest";
import { runtimeFaults } from "../../../src/cli/runtime-faults.ts";

describe("the faults of a runtime", () => {
  it("are named where property names with an escape are misread", () => {
    const misreading = (): unknown => ({ "\\": 0 });
    expect(runtimeFaults(misreading)).toEqual([expect.stringMatching(/misreads JSON property names/u)]);
  });

  it("are none where they are read right", () => {
    const right = (text: string): unknown => ({ [text.includes(String.raw`\"`) ? '"' : "\\"]: 0 });
    expect(runtimeFaults(right)).toEqual([]);
  });

  it("are those of Node 24.21 here; when this fails the runtime is right again, and the check can go", () => {
    expect(process.version).toMatch(/^v24\./u);
    expect(runtimeFaults()).toHaveLength(1);
  });
});
