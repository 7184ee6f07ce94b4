// The same bytes to both transports: native may give no answer that grpc-js would not give.
import { createHash } from "node:crypto";
import { listenOn } from "../checkers/transports.ts";
import { answersIn, type Answers, type StreamAnswer } from "./answers.ts";
import { echoMethods } from "./echo.ts";
import { mutated } from "./mutate.ts";
import { randomOf } from "./random.ts";
import { replay } from "./replay.ts";
import { bytesOf, sessions } from "./sessions.ts";

export interface Differences {
  readonly sent: number;
  /** Streams that both answered to the end. */
  readonly compared: number;
  /** Each with what repeats it. */
  readonly found: readonly string[];
}

/** Mutated sessions from a seed, a number of connections at a time. */
export async function differences(seed: number, count: number, atOnce: number): Promise<Differences> {
  const limits = { messageBytes: 100_000, handshakeTimeout: 60_000 };
  const [native, reference] = await Promise.all([
    listenOn("native", echoMethods, limits),
    listenOn("grpc-js", echoMethods, limits),
  ]);
  const others = sessions.flatMap(({ frames }) => frames);
  const found: string[] = [];
  let compared = 0;
  let next = 0;
  const one = async (at: number): Promise<void> => {
    const random = randomOf(seed + at);
    const session = random.one(sessions);
    const bytes = bytesOf(mutated(session.frames, random, others));
    const [ours, theirs] = await Promise.all([replay(native.address, [bytes]), replay(reference.address, [bytes])]);
    const [mine, other] = [answersIn(ours.bytes), answersIn(theirs.bytes)];
    const name = `seed ${seed + at} (${session.client}, ${createHash("sha256").update(bytes).digest("hex").slice(0, 8)})`;
    for (const difference of compare(mine, other)) found.push(`${name}: ${difference}`);
    compared += [...mine.streams].filter(
      ([stream, answer]) => isWhole(answer) && isWhole(other.streams.get(stream)),
    ).length;
  };
  const work = async (): Promise<void> => {
    while (next < count) await one(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  await Promise.all([native.drain(0), reference.drain(0)]);
  return { sent: count, compared, found };
}

function isWhole(answer: StreamAnswer | undefined): answer is StreamAnswer {
  return answer !== undefined && answer.isEnded && answer.status !== undefined;
}

function* compare(ours: Answers, theirs: Answers): Generator<string> {
  for (const [stream, mine] of ours.streams) {
    const other = theirs.streams.get(stream);
    if (!isWhole(mine) || !isWhole(other)) continue;
    const [a, b] = [shown(mine), shown(other)];
    if (a !== b) yield `stream ${stream}: native ${a}, grpc-js ${b}`;
  }
}

function shown({ status, code, data }: StreamAnswer): string {
  const text = status === "200" ? data : ""; // what is not gRPC is answered with a text of our own
  return `${status} ${code} ${text.length} bytes ${createHash("sha256").update(text, "latin1").digest("hex").slice(0, 8)}`;
}
