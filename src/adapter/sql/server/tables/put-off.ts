/** What a start says of a change that it could not make just then; the next look tries again. */

export function putOff(code: string): string {
  return `the server could not do it just now (code ${code}), and is asked again`;
}
