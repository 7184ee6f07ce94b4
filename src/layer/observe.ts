/** Measures and traces every call of a repository. */

import type { Interceptor } from "../model/interceptor.ts";
import type { Method } from "../repository/operation.ts";
import type { Layer } from "./layer.ts";

/** `intercept` is called once for each of `methods`, when the house is put together. */
export function observe<Of extends Method>(
  methods: readonly Of[],
  intercept: (method: Of | "Scan") => Interceptor,
): Layer {
  const interceptors: { [Name in Method]?: Interceptor } = {};
  for (const method of methods) interceptors[method] = intercept(method);
  const scanning = intercept("Scan");
  return {
    parts: "unseen",
    perform: (operation, call, next) => {
      const interceptor = interceptors[operation.method];
      return interceptor ? interceptor.run(call, () => next(operation, call)) : next(operation, call);
    },
    scan: (operation, call, next) => scanning.stream(call, next(operation, call)),
  };
}
