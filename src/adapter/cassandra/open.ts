/** Apache Cassandra as a store: what is its own, for the store of the family. */

import type { OpenAdapter } from "../opening.ts";
import { capabilitiesOf } from "../cql/capabilities.ts";
import { openCql } from "../cql/cql-store.ts";
import { plainIndexes } from "../cql/tables/plain-index.ts";
import { checkSettings, settingsOf } from "../cql/settings.ts";
import { cassandraDialect } from "./dialect.ts";

export { checkSettings };

/** Bytes: what the driver holds for a connection to each of some hosts, about. */
export const memory: number = 8 * 1_048_576;

export const open: OpenAdapter = async (options) => {
  const settings = settingsOf(options);
  const { plain_indexes: isPlain, unique_tables: keepsUnique } = settings.switches;
  const dialect = { ...cassandraDialect, ...(isPlain && plainIndexes), keepsUnique };
  return openCql({ options, settings, dialect, capabilities: capabilitiesOf(settings) });
};
