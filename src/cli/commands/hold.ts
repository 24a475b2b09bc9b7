/** `netloom __hold`: the process that a lab lives in (pid 1 of its pid namespace). Nobody types this; sandbox/ starts it. */

import { methods } from "../../holder/methods.ts";
import { hold, type Methods } from "../../sandbox/index.ts";

export function main(remember: (use: string) => void): void {
  hold((lab) => remembering(methods(lab), remember));
}

/** A holder usually ends by being killed, so what it has used is remembered after each answer. */
function remembering(table: Methods, remember: (use: string) => void): Methods {
  return Object.fromEntries(
    Object.entries(table).map(([name, method]): [string, Methods[string]] => [
      name,
      async (params, context) => {
        const result: unknown = await method(params, context);
        setImmediate(remember, name);
        return result;
      },
    ]),
  );
}
