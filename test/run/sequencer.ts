// The order of the files: any, but those that take minutes come first, so that the run does not end with one of them and an idle core.
import { createHash } from "node:crypto";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Ends of the paths of the files that take longest. */
const LONG = [
  "conformance/conformance.test.ts",
  "conformance/opening/opening.test.ts",
  "conformance/planted-faults.test.ts",
  "conformance/properties/sequences.test.ts",
  "clients/clients.test.ts",
  "duress/duress.test.ts",
  "scenarios/scenarios.test.ts",
  "wide-column/cluster.test.ts",
];

export class LongFirst extends BaseSequencer {
  /** By the run's seed, which vitest prints: a file that depends on the order fails here, and again under that seed. */
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { seed } = this.ctx.config.sequence;
    const ranked = files.map((file) => {
      const rank = createHash("sha256").update(`${seed} ${file.moduleId}`).digest("hex");
      return { file, rank: `${LONG.some((end) => file.moduleId.endsWith(end)) ? 0 : 1} ${rank}` };
    });
    return Promise.resolve(ranked.toSorted((a, b) => (a.rank < b.rank ? -1 : 1)).map(({ file }) => file));
  }
}
