/** Identifiers as standard SQL quotes them. */

/** Double quotes, doubled inside; keeps case and reserved words. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
