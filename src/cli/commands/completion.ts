/** `netloom completion SHELL`: the script that teaches a shell to complete netloom's commands, labs and nodes. */

import type { Command } from "commander";
import { Option } from "commander";
import { failure } from "../../diagnostic.ts";
import { document, print, write } from "../output.ts";

// The words typed so far go to netloom as arguments, never through eval: completing must not run what is being typed.
// It answers a candidate a line, `value<TAB>description`; `:files` and `:commands` ask the shell for its own.

const BASH = `# netloom completion for bash. In ~/.bashrc: eval "$(netloom completion bash)"
_netloom() {
  local current=\${COMP_WORDS[COMP_CWORD]} value description
  COMPREPLY=()
  while IFS=$'\\t' read -r value description; do
    case $value in
      :files) compopt -o filenames; while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "$current") ;;
      :commands) while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -c -- "$current") ;;
      "$current"*) COMPREPLY+=("$value") ;;
    esac
  done < <("\${COMP_WORDS[0]}" completion --words -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _netloom netloom
`;

const ZSH = `#compdef netloom
# netloom completion for zsh. In ~/.zshrc, after compinit: eval "$(netloom completion zsh)"
_netloom() {
  local value description
  local -a candidates
  while IFS=$'\\t' read -r value description; do
    case $value in
      :files) _files ;;
      :commands) _command_names -e ;;
      *) candidates+=("\${value//:/\\\\:}:$description") ;;
    esac
  done < <("$words[1]" completion --words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( $#candidates )) && _describe netloom candidates
}
if [ "$funcstack[1]" = _netloom ]; then _netloom "$@"; else compdef _netloom netloom; fi
`;

const FISH = `# netloom completion for fish. netloom completion fish > ~/.config/fish/completions/netloom.fish
function __netloom_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l current (commandline -ct)
    for line in ($words[1] completion --words -- $words[2..-1] 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path $current
            case ':commands'
                __fish_complete_command
            case '*'
                echo $line
        end
    end
end
complete -c netloom -f -a '(__netloom_complete)'
`;

const SCRIPTS: Readonly<Record<string, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

export function define(command: Command): void {
  command
    .description("Print the script that makes a shell complete netloom's commands, running labs and their nodes.")
    .usage("bash|zsh|fish")
    .argument("[shell]", Object.keys(SCRIPTS).join(", "))
    .argument("[words...]", "")
    .addOption(new Option("--words", "candidates for the words that follow").hideHelp())
    .action(async (shell: string | undefined, words: string[], options: { words?: boolean }) => {
      if (options.words === true) {
        const { complete } = await import("../complete.ts");
        write(1, await complete([shell ?? "", ...words]));
        return;
      }
      const script = shell === undefined ? undefined : SCRIPTS[shell];
      if (script === undefined) {
        const summary = shell === undefined ? "which shell?" : `there is no completion for ${JSON.stringify(shell)}`;
        throw failure(
          "usage.unknown-shell",
          summary,
          { hint: `netloom completion ${Object.keys(SCRIPTS).join("|")}` },
          2,
        );
      }
      print(script);
      document("completion", { shell, script });
    });
}
