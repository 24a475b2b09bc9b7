/**
 * What bash reads before the script ($BASH_ENV): a trap that, before each simple command, writes to a descriptor which one comes
 * next, and waits for one byte. Whoever listens has the machine to itself in between.
 * The script is not to notice: its standard streams, `$?`, `$_`, `$PIPESTATUS` and `set -x` are as they would be without.
 * (bash itself restores the first and the third; a function call leaves its last argument in the second.)
 */

/** Where the spawned process has them; the script finds neither. */
export const CHANNEL = 3;
export const PRELUDE_FD = 4;
/** Where the trap has its end: a number that scripts do not use, below every limit of descriptors. */
const HIDDEN = 203;

/** Between the fields of a message; each message ends in NUL, which no text of bash's can contain. */
export const FIELD = "\x1f";

/** Fields of a message, in this order. */
export interface Announcement {
  /** `$?`: of what ran before. */
  readonly status: number;
  readonly line: number;
  /** How many functions deep. */
  readonly depth: number;
  readonly subshell: number;
  /** The file that the line is in. */
  readonly source: string;
  readonly command: string;
  /** The same with simple variables replaced by their values. */
  readonly expanded: string;
  /** It is one of a trap's: neither the line nor the command is its own. */
  readonly trapped?: true;
}

export const PRELUDE = `
unset BASH_ENV
exec ${HIDDEN}<&${CHANNEL} ${CHANNEL}<&- ${PRELUDE_FD}<&-
__netloom_step() {
  local __netloom_text=$6 __netloom_rest=$6 __netloom_done= __netloom_name= __netloom_args=("$5" "\${@:8}")
  case $6 in
    *[\\'\\\`\\\\]* | *'$('* | *'<<'*) __netloom_rest= ;;
  esac
  while [[ $__netloom_rest == *'$'* ]]; do
    __netloom_done+=\${__netloom_rest%%'$'*}
    __netloom_rest=\${__netloom_rest#*'$'}
    if [[ $__netloom_rest == '{'* ]]; then
      __netloom_name=\${__netloom_rest%%'}'*}
      __netloom_rest=\${__netloom_rest#*'}'}
      __netloom_name=\${__netloom_name#'{'}
    else
      __netloom_name=\${__netloom_rest%%[!A-Za-z0-9_]*}
      [[ $__netloom_name == [0-9]* ]] && __netloom_name=\${__netloom_name:0:1}
      __netloom_rest=\${__netloom_rest:\${#__netloom_name}}
    fi
    case $__netloom_name in
      '' | *[!A-Za-z0-9_]* | [0-9]?*) __netloom_done=; break ;;
      [0-9]) __netloom_done+=\${__netloom_args[__netloom_name]-} ;;
      *) __netloom_done+=\${!__netloom_name-} ;;
    esac
    [[ $__netloom_rest == *'$'* ]] || __netloom_text=$__netloom_done$__netloom_rest
  done
  printf '%s\\037%s\\037%s\\037%s\\037%s\\037%s\\037%s\\0' "$1" "$2" "$3" "$4" "$5" "$6" "$__netloom_text" >&${HIDDEN}
  IFS= read -r -N 1 -u ${HIDDEN} __netloom_name || :
}
set -o functrace
trap '{ __netloom_step "$?" "$LINENO" "\${#BASH_SOURCE[@]}" "$BASH_SUBSHELL" "\${BASH_SOURCE[0]-$0}" "$BASH_COMMAND" "$_" "$@" "$_"; } 2>/dev/null' DEBUG
`;
