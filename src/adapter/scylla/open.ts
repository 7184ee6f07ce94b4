/** ScyllaDB as a store: what differs from the database that it takes after. */

import type { OpenAdapter } from "../opening.ts";
import { capabilitiesOf } from "../cql/capabilities.ts";
import { openCql } from "../cql/cql-store.ts";
import { settingsOf } from "../cql/settings.ts";
import { scyllaDialect } from "./dialect.ts";

export { checkSettings, memory } from "../cassandra/open.ts";

export const open: OpenAdapter = async (options) => {
  const settings = settingsOf(options);
  const dialect = { ...scyllaDialect, keepsUnique: settings.switches.unique_tables };
  return openCql({ options, settings, dialect, capabilities: capabilitiesOf(settings) });
};
