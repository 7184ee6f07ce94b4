/** Which mutant is active, and which places were passed: what `$m` in mutated text asks. */

interface Mutation {
  /** Number of the mutant, or -1. */
  active: number;
  /** Where what was passed is collected. */
  passed: Set<number> | undefined;
}

export const mutation: Mutation = { active: Number(process.env["MUTANT"] ?? -1), passed: undefined };

Object.assign(globalThis, {
  $m: (id: number): boolean => {
    mutation.passed?.add(id);
    return id === mutation.active;
  },
});
