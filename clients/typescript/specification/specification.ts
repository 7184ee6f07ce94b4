/** Named conditions that can be combined. */

/** The condition behind a specification, or the condition itself. */
export function conditionOf(where: unknown): unknown {
  return where instanceof Named ? where.where : where;
}

class Named {
  readonly where: unknown = undefined;
}
