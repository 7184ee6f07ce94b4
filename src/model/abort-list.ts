/** That a call has ended before its answer, and who is notified of it. */

export type AbortReason = "cancelled" | "deadline" | "slow_consumer" | "draining";

type Listener = (reason: AbortReason) => void;

/** A part of every call, made with it: what is seldom asked for is made when it is. */
export class AbortList {
  #reason: AbortReason | undefined;
  #controller: AbortController | undefined;
  #listeners: Listener[] | undefined;

  get reason(): AbortReason | undefined {
    return this.#reason;
  }

  /** For drivers that want one. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** As `Call.onAbort`. */
  onAbort(listener: Listener): () => void {
    if (this.#reason) {
      listener(this.#reason);
      return () => {};
    }
    const listeners = (this.#listeners ??= []);
    listeners.push(listener);
    return () => {
      const at = listeners.lastIndexOf(listener);
      if (at >= 0) listeners.splice(at, 1);
    };
  }

  /** The first reason stays. A listener may take itself or others off. */
  abort(reason: AbortReason): void {
    if (this.#reason) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const listeners = this.#listeners;
    this.#listeners = undefined;
    for (let next = listeners?.shift(); next; next = listeners?.shift()) next(reason);
  }
}
