/** `netloom __hold`: the process that a lab lives in (pid 1 of its pid namespace). Nobody types this; sandbox/ starts it. */

import { methods } from "../../holder/methods.ts";
import { hold } from "../../sandbox/index.ts";

export function main(): void {
  hold(methods);
}
