/** SQLite's spelling of what the family writes. */

import type { Dialect } from "../sql/dialect.ts";
import { quote } from "../sql/quote.ts";

export const sqliteDialect: Dialect = {
  quote,
  parameter: () => "?",
  contains: (text, part) => `instr(${text}, ${part}) > 0`,
  startsWith: (text, prefix, length) => `substr(${text}, 1, ${length}) = ${prefix}`,
  hasElement: (list, element) => `EXISTS (SELECT 1 FROM json_each(${list}) WHERE value = ${element})`,
  hasKey: (pairs, key) => `EXISTS (SELECT 1 FROM json_each(${pairs}) WHERE value ->> 0 = ${key})`,
  isEmptyDocument: (document) => `${document} = '[]'`,
  isNotTrue: (condition) => `((${condition}) IS NOT TRUE)`,
};
