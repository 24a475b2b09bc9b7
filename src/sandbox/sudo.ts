/**
 * `sudo` of a lab. Who is in one is root already, and the machine's sudo, if there is any, refuses to work where its own file does
 * not belong to root. So a lab has one that changes nobody, in a folder of its own in front of the path.
 */

import { mkdirSync, writeFileSync } from "node:fs";

/** Inside, programs of ours that stand in for the machine's. */
export const TOOLS = "/run/netloom/bin";

// Options are those of sudo(8). Who is to be somebody else becomes that, if the lab has such a user.
const SUDO = `#!/bin/sh
user=root
shell=
back=
fail() { echo "sudo: $1" >&2; exit 1; }
while [ $# -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    --user=*) user=\${1#*=}; shift ;;
    --user) user=$2; shift; shift ;;
    --login | --shell) shell=1; shift ;;
    --background) back=1; shift ;;
    --validate | --remove-timestamp | --reset-timestamp | --list) exit 0 ;;
    --group | --prompt | --close-from | --host | --role | --type | --chdir | --chroot) shift; shift ;;
    --version) echo "sudo of a netloom lab: everyone in it is root"; exit 0 ;;
    --*) shift ;;
    -V) echo "sudo of a netloom lab: everyone in it is root"; exit 0 ;;
    -*)
      # Single letters may stand together, and the last of them may have its value behind it.
      rest=\${1#-}
      shift
      while [ -n "$rest" ]; do
        tail=\${rest#?}
        case \${rest%"$tail"} in
          u) if [ -n "$tail" ]; then user=$tail; else user=$1; shift; fi; tail= ;;
          g | p | C | h | r | t | D | R | T | U) [ -n "$tail" ] || shift; tail= ;;
          i | s) shell=1 ;;
          b) back=1 ;;
          v | k | K | l) [ -n "$tail" ] || [ $# -gt 0 ] || exit 0 ;;
        esac
        rest=$tail
      done ;;
    *) break ;;
  esac
done
while [ $# -gt 0 ]; do
  case $1 in
    [A-Za-z_]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
if [ $# -eq 0 ]; then
  [ -n "$shell" ] || fail "a command is missing"
  set -- "\${SHELL:-/bin/sh}"
fi
command -v -- "$1" >/dev/null 2>&1 || fail "$1: command not found"
case $user in
  root | '#0') ;;
  *)
    user=\${user#'#'}
    group=$(id -g -- "$user") || exit 1
    set -- setpriv --reuid="$user" --regid="$group" --init-groups -- "$@" ;;
esac
[ -n "$back" ] || exec "$@"
"$@" &
`;

export function offerSudo(): void {
  mkdirSync(TOOLS, { recursive: true, mode: 0o755 });
  writeFileSync(`${TOOLS}/sudo`, SUDO, { mode: 0o755 });
}
