/** Which compilers of V8 work while the program starts: the launcher holds them back, for what hardly runs again. */

import { setFlagsFromString } from "node:v8";

/** From here on what runs often is compiled by Maglev. For starts that have much to do; once the program serves, it always is. */
export function letCompile(): void {
  setFlagsFromString("--maglev");
}
