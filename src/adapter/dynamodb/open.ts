/** DynamoDB as a store. */

import type { OpenAdapter } from "../opening.ts";
import { openDynamo } from "./dynamo-store.ts";
import { checkSettings, settingsOf } from "./settings.ts";

export { checkSettings };

/** Bytes: what the driver holds for its connections, about. */
export const memory: number = 8 * 1_048_576;

export const open: OpenAdapter = async (options) => openDynamo(options, settingsOf(options));
