/** The stores the suite runs on. */

import type { Adapter } from "../../src/adapter/adapter.ts";
import type { Subject } from "./subject.ts";

export interface OpenedSubject {
  readonly subject: Subject;
  close(): Promise<void>;
}

export interface OpenSubject {
  readonly name: string;
  open(): Promise<OpenedSubject>;
}

/** The memory store, with its adapter changed by `plant`. */
export async function openMemory(plant: (adapter: Adapter) => Adapter): Promise<OpenedSubject> {
  throw new Error(`filled by the conformance helper ${plant.name}`);
}

export const stores: readonly OpenSubject[] = [];
