/** Why the process does not start: findings of the configuration, the schema or a store that no waiting mends. */

export class StartRefused extends Error {
  override readonly name = "StartRefused";
}
