/** A store that was opened for inspection: its tables are looked at, and nothing is written through it. */

import { Fault } from "../../model/fault.ts";
import type { Adapter } from "../adapter.ts";

/** The adapter, whose writes are refused. */
export function inspectedOnly(adapter: Adapter, store: string): Adapter {
  const refuse = async (): Promise<never> => {
    throw new Fault("STORE_READ_ONLY", "the store was opened for inspection alone", { store });
  };
  return {
    ...adapter,
    write: refuse,
    ...(adapter.modify && { modify: refuse }),
    ...(adapter.execute && { execute: refuse }),
    ...(adapter.begin && { begin: refuse }),
    ...(adapter.numbers && { numbers: refuse }),
  };
}
