/** Names of the indexes that an entity has beside those it declares. */

/** An index for uniqueness may be beside one for reading. */
export function uniqueNameOf(physical: string): string {
  return `${physical}__unique`;
}

/** Of the index that has the key's directions, where the primary key has not. */
export function keyNameOf(table: string): string {
  return `_pannier_key_${table}`;
}

/** Of the index that sweeps expired rows. No entity's table and no declared index may begin so, so that it is nobody else's. */
export function expiryNameOf(table: string): string {
  return `_pannier_expiry_${table}`;
}

/** Of the column that says whether a row counts in unique indexes. No field's column may begin so. */
export const MARK = "_pannier_live";
