/** Names that are derived from other names: files, tables, services, indexes, JSON. The rules are in the API's README. */

/**
 * Cuts before an upper-case letter that follows a lower-case letter or a digit, or that precedes a lower-case
 * letter: HTTPRoute2 becomes http_route2.
 */
export function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "_").toLowerCase();
}

/** The plural of a snake_case name, without irregulars. */
export function plural(name: string): string {
  if (/[^aeiou]y$/.test(name)) return `${name.slice(0, -1)}ies`;
  return /(?:s|x|z|ch|sh)$/.test(name) ? `${name}es` : `${name}s`;
}

/** Each part between underscores starts with a capital, the rest is kept: other_units becomes OtherUnits. */
export function capitalised(name: string): string {
  return name
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
}

/** As protobuf derives it: an underscore goes, and the letter after it is raised. */
export function jsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

/** Table of an entity that names none, before the file's prefix. */
export function tableName(message: string): string {
  return plural(snakeCase(message));
}

/** Name of an index that has none: its fields, whatever their direction. */
export function indexName(fields: readonly string[]): string {
  return fields.join("_");
}

/**
 * Import name of the synthesized file: in the folder of its package, where two packages never meet, and where buf's lint
 * wants it. Without a package it is beside the entity's file.
 */
export function repositoryFile(entityFile: string, packageName: string, message: string): string {
  const beside = entityFile.slice(0, entityFile.lastIndexOf("/") + 1);
  const folder = packageName === "" ? beside : `${packageName.replaceAll(".", "/")}/`;
  return `${folder}${snakeCase(message)}_repository.proto`;
}

/** Full name that the names of an entity's service and of the messages made for it begin with. */
export function apiName(entity: string, annotated: string): string {
  return annotated === "" ? entity : entity.slice(0, entity.lastIndexOf(".") + 1) + annotated;
}

/** Full name of a repository service, by what its names begin with. */
export function serviceName(api: string): string {
  return `${api}Repository`;
}
