/** What a peer may do at no cost of its own before it is taken for a flood: one allowance for resets, one for frames that carry nothing. */

import { Allowance } from "./allowance.ts";
import { abusive } from "./protocol.ts";

/** Streams that a peer may reset, or have us reset by its mistakes, before it is taken for a flood. */
const resetAllowance = { burst: 4_000, rate: 1_000 };
/** Frames that ask for an answer or for nothing at all. What is sent to the peer earns it more. */
const controlAllowance = { burst: 1_000, rate: 100 };
/**
 * Bytes sent to a peer that earn it one more such frame. Clients measure their bandwidth with a PING for each DATA they
 * receive (grpc-go, grpc-core, grpc-java), and the shortest answer is longer than this.
 */
const bytesForControl = 32;

export class Floods {
  readonly #now: () => number;
  readonly #contentSent: () => number;
  readonly #resets: Allowance;
  readonly #control: Allowance;
  #earnedUpTo = 0;

  /**
   * @param now milliseconds of a clock that does not go back
   * @param contentSent bytes of HEADERS and DATA that the peer has been sent, ever
   */
  constructor(now: () => number, contentSent: () => number) {
    this.#now = now;
    this.#contentSent = contentSent;
    this.#resets = new Allowance(resetAllowance, now());
    this.#control = new Allowance(controlAllowance, now());
  }

  /** @throws ConnectionError where it was one too many */
  spendReset(): void {
    if (!this.#resets.spend(this.#now())) throw abusive("too many streams are reset");
  }

  /** @throws ConnectionError where it was one too many */
  spendControl(): void {
    const contentSent = this.#contentSent();
    this.#control.earn((contentSent - this.#earnedUpTo) / bytesForControl);
    this.#earnedUpTo = contentSent;
    if (!this.#control.spend(this.#now())) throw abusive("too many frames that carry nothing");
  }
}
