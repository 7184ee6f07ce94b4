/** What a SQL driver takes as a parameter and gives as a column. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** Of a condition that was selected, however the server answers one. */
export function isTrue(value: SqlValue | undefined): boolean {
  return value === "t" || value === "1" || value === 1 || value === 1n;
}
