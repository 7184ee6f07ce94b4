/** Faults of the JavaScript runtime that once lost data, and how a process finds out whether it has them. */

/**
 * What is wrong with this runtime, for people; empty where nothing is. Nothing here depends on a runtime without these faults:
 * user text is never the name of a property in JSON that we parse. Who runs one should know all the same.
 */
export function runtimeFaults(parse: (text: string) => unknown = JSON.parse): readonly string[] {
  return misreadsNames(parse)
    ? [
        `Node ${process.version} misreads JSON property names that hold an escape; Pannier does not depend on them, other programs on it may`,
      ]
    : [];
}

/**
 * V8 13.6 (Node 24.21) compares the raw text of a name with the name that followed last at this place, and takes an escaped name
 * for it where its text begins alike: `\"` for the `\` seen before. A first name that nothing else has makes the place new.
 */
function misreadsNames(parse: (text: string) => unknown): boolean {
  parse(String.raw`{"a place of its own":0,"\\":0}`);
  return lastName(parse(String.raw`{"a place of its own":0,"\"":0}`)) !== '"';
}

function lastName(parsed: unknown): string | undefined {
  return typeof parsed === "object" && parsed !== null ? Object.keys(parsed).at(-1) : undefined;
}
