/** `netloom __hold`: the process that a lab lives in (pid 1 of its pid namespace). Not for users; sandbox/ starts it. */

export { main } from "../../holder/index.ts";
