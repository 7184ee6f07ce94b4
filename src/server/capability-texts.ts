/** A store's capabilities as people read them: every one there is, in the order of the list, with its text. */

import type { Adapter } from "../adapter/adapter.ts";
import { CAPABILITIES, type Capability } from "../adapter/capabilities.ts";
import type { StoreCapabilityText } from "../service/admin-service.ts";

export function capabilityTexts({ capabilities }: Adapter): readonly StoreCapabilityText[] {
  const named: readonly [string, string][] = Object.entries(CAPABILITIES);
  const published: ReadonlyMap<string, Capability> = new Map(Object.entries(capabilities));
  return named.map(([name, text]) => {
    const found = published.get(name);
    return {
      name,
      text: found?.note === undefined ? text : `${text}. Here: ${found.note}`,
      supported: found?.supported === true,
      limit: found?.limit,
      values: found?.values ?? [],
    };
  });
}
