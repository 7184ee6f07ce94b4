/** Item templates here: every row has a text, also where a value is empty; and whether two templates could make one text. */

import type { EntityModel } from "../../../model/entity.ts";
import type { Value } from "../../../model/value.ts";
import { fieldText, type FieldPart, type TextTemplate } from "../../item-template.ts";
import { termBytes } from "../../ordered/key-bytes.ts";

/** A text that is empty. NUL is in no text, so nothing else is written so, and nothing sorts before it. */
const EMPTY = "$00";

/** No bytes: sorts before every digit. */
const NO_BYTES = "-";

/** Of one field. What has no text by the template's rules, because no template of a schema may name it, is bytes that sort, in hexadecimal. */
export function valueText(part: FieldPart, value: Value): string {
  const { kind } = part.type;
  if (kind === "float" || kind === "double" || kind === "duration")
    return termBytes(part.type, value, part.turned).toString("hex");
  const text = fieldText(part, value);
  if (text !== undefined) return text;
  const empty = kind === "bytes" ? NO_BYTES : EMPTY;
  return part.turned ? turnedText(`${empty}\0`) : empty;
}

/** The beginning of exactly the texts of a field that begin with this one. */
export function prefixText(part: FieldPart, prefix: string): string {
  const text = fieldText({ ...part, turned: false }, prefix) ?? "";
  return part.turned ? turnedText(text) : text;
}

/** Every bit turned, as `item-template.ts` does it. */
function turnedText(text: string): string {
  return Buffer.from(Buffer.from(text).map((byte) => ~byte)).toString("hex");
}

/** As far as there are values: up to the first field for which there is none. */
export function textOf(
  { parts }: TextTemplate,
  valueAt: (ordinal: number) => Value | undefined,
): { readonly text: string; readonly isWhole: boolean } {
  let text = "";
  for (const part of parts) {
    if (part.kind === "literal") {
      text += part.text;
      continue;
    }
    const value = valueAt(part.ordinal);
    if (value === undefined) return { text, isWhole: false };
    text += valueText(part, value);
  }
  return { text, isWhole: true };
}

/** Fields with a literal before each, as a template; the literal alone where there are none. */
export function derivedTemplate({ fields }: EntityModel, leading: string, ordinals: readonly number[]): string {
  const named = ordinals.map((ordinal) => `{${fields[ordinal]?.name}}`);
  return [...(leading === "" && named.length > 0 ? [] : [leading]), ...named].join("#");
}

/** What makes two values one text; undefined where nothing does. */
export function ambiguity({ fields }: EntityModel, { parts }: TextTemplate): string | undefined {
  for (const [i, part] of parts.entries()) {
    const next = parts[i + 1];
    if (part.kind === "literal" && part.text.includes("\0")) return "has a NUL in its text";
    if (part.kind === "literal" || next?.kind !== "literal") continue;
    const { kind } = part.type;
    if ((kind === "string" && next.text.startsWith("$")) || (kind === "bytes" && /^[0-9a-f-]/u.test(next.text)))
      return `has "${next.text}" behind {${fields[part.ordinal]?.name}}, which its values are written with here; use a literal such as "#"`;
  }
  return undefined;
}

/** Whether some text could be of both. Errs on the side of yes. */
export function couldMeet(a: TextTemplate, b: TextTemplate): boolean {
  const [left, right] = [tokensOf(a), tokensOf(b)];
  const seen = new Set<string>();
  const meet = (i: number, j: number): boolean => {
    const [x, y] = [left[i], right[j]];
    if (!x || !y) return !x && !y;
    if (seen.has(`${i} ${j}`)) return false;
    seen.add(`${i} ${j}`);
    if (x.kind === "character" && y.kind === "character") return x.is === y.is && meet(i + 1, j + 1);
    if (x.kind === "character" && y.kind === "value") return holds(y, x.is) && (meet(i + 1, j) || meet(i + 1, j + 1));
    if (x.kind === "value" && y.kind === "character") return holds(x, y.is) && (meet(i, j + 1) || meet(i + 1, j + 1));
    return meet(i + 1, j + 1) || meet(i + 1, j) || meet(i, j + 1);
  };
  return meet(0, 0);
}

/** A character of a literal, or a value, of which it is known what is not in it. */
type Token =
  { readonly kind: "character"; readonly is: string } | { readonly kind: "value"; readonly ends: ReadonlySet<string> };

function tokensOf({ parts }: TextTemplate): readonly Token[] {
  return parts.flatMap((part): readonly Token[] =>
    part.kind === "literal"
      ? Array.from(part.text, (is) => ({ kind: "character", is }))
      : [{ kind: "value", ends: part.ends }],
  );
}

function holds({ ends }: Token & { readonly kind: "value" }, character: string): boolean {
  return character >= "$" && (character === "$" || !ends.has(character));
}
