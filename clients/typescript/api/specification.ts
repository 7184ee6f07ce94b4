/** A named condition that can be combined, sent as `where`, and asked of an object in memory, with the same meaning. */
export interface Specification<Where, Entity = never> {
  readonly name: string;
  /** As it is sent. */
  readonly where: Where;
  and(...others: readonly Specification<Where, Entity>[]): Specification<Where, Entity>;
  or(...others: readonly Specification<Where, Entity>[]): Specification<Where, Entity>;
  not(): Specification<Where, Entity>;
  /** What the sidecar would say of the entity, if it were stored so. */
  isSatisfiedBy(entity: Entity): boolean;
}
