// What ordinary clients sent, as `record.ts` saw it: preface, SETTINGS, calls of every kind, and what the client does by itself.
import { readdirSync, readFileSync } from "node:fs";
import { PREFACE } from "../cases/wire/frames.ts";

export interface Session {
  /** The client that said it. */
  readonly client: string;
  /** Whole frames, behind the preface. */
  readonly frames: readonly Buffer[];
}

const folder = new URL("sessions/", import.meta.url);

export const sessions: readonly Session[] = readdirSync(folder)
  .toSorted()
  .map((file) => ({ client: file.replace(".txt", ""), frames: framesOf(readFileSync(new URL(file, folder), "utf8")) }));

/** One frame a line, in base64. */
function framesOf(text: string): readonly Buffer[] {
  return text
    .trim()
    .split("\n")
    .map((line) => Buffer.from(line, "base64"));
}

/** Cuts what a client sent into its frames; the last is left out where it is not whole. @throws where the preface is missing */
export function cutFrames(bytes: Buffer): readonly Buffer[] {
  if (!bytes.subarray(0, PREFACE.length).equals(PREFACE)) throw new Error("that is no session of HTTP/2");
  const frames: Buffer[] = [];
  for (let at = PREFACE.length; at + 9 <= bytes.length;) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

export function bytesOf(frames: readonly Buffer[]): Buffer {
  return Buffer.concat([PREFACE, ...frames]);
}
