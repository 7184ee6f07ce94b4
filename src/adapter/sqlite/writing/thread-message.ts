/** What the serving thread and the writer thread say to each other. */

import type { Reason } from "../../../model/reason.ts";
import type { Survey } from "../tables/survey.ts";
import type { WireAnswer } from "./wire-answer.ts";
import type { WireJob } from "./wire-job.ts";

export type ToThread = { readonly kind: "group"; readonly jobs: readonly WireJob[] } | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "ready"; readonly survey: Survey; readonly keepsRequests: boolean }
  | { readonly kind: "refused"; readonly reason: Reason; readonly text: string }
  | { readonly kind: "answers"; readonly answers: readonly WireAnswer[] }
  | { readonly kind: "closed" };
