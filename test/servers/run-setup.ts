// What vitest calls before and after a whole run.
import { beginRun } from "./run-server.ts";

export default beginRun;
