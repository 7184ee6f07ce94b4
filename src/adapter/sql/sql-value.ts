/** What a SQL driver takes as a parameter and gives as a column. */
export type SqlValue = null | number | bigint | string | Uint8Array;
