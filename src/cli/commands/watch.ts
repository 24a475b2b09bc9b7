/** `netloom __watch`: puts interfaces of the machine back when the holder of a lab is killed. Nobody types this; host/ starts it. */

import { watch } from "../../host/nics/watch.ts";

export function main([lab = "", token = ""]: readonly string[]): Promise<void> {
  return watch(lab, token);
}
