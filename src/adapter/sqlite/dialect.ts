/** SQLite's spelling of what the family writes. */

import type { Dialect } from "../sql/dialect.ts";
import { quote } from "../sql/quote.ts";

export const sqliteDialect: Dialect = {
  quote,
  parameter: () => "?",
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  startsWith: (text, prefix, length) => `substr(${text}, 1, ${length}) = ${prefix}`,
  hasElement: (list, element) => `EXISTS (SELECT 1 FROM json_each(${list}) WHERE value = ${element})`,
  hasName: (object, name) => `EXISTS (SELECT 1 FROM json_each(${object}) WHERE key = ${name})`,
  isEmptyDocument: (document) => `${document} IN ('[]', '{}')`,
  isNotTrue: (condition) => `((${condition}) IS NOT TRUE)`,
};
