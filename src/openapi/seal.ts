/** Whether a file is as an import left it: its last line has the digest of all above. */

import { createHash } from "node:crypto";

const LINE = /^\/\/ pannier:imported ([0-9a-f]{64})\n$/u;

export function sealed(text: string): string {
  return `${text}// pannier:imported ${digestOf(text)}\n`;
}

export function isAsWritten(content: string): boolean {
  const end = content.lastIndexOf("\n", content.length - 2) + 1;
  const [, digest] = LINE.exec(content.slice(end)) ?? [];
  return digest === digestOf(content.slice(0, end));
}

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
