import { ExitCode } from '../exit-codes.ts'
import type { Call } from '../io.ts'

// All three hand the words typed so far to `streambus complete` and take a candidate and its meaning, separated by a
// tab, from each line it prints. Errors stay silent: a prompt is no place for them.
const BASH = `# bash completion for streambus
_streambus() {
  local line
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    [[ -n $line ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done < <(streambus complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  if [[ \${#COMPREPLY[@]} -eq 0 ]]; then
    compopt -o default 2>/dev/null
  fi
}
complete -F _streambus streambus`

const ZSH = `#compdef streambus
# zsh completion for streambus
_streambus() {
  local -a candidates
  local value meaning
  while IFS=$'\\t' read -r value meaning; do
    [[ -n $value ]] && candidates+=("\${value//:/\\\\:}:$meaning")
  done < <(streambus complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( \${#candidates} )); then
    _describe 'streambus' candidates
  else
    _files
  fi
}
if [[ \${funcstack[1]} = _streambus ]]; then _streambus "$@"; else compdef _streambus streambus; fi`

const FISH = `# fish completion for streambus
function __streambus_complete
  set -l words (commandline -opc) (commandline -ct)
  streambus complete -- $words[2..-1] 2>/dev/null
end
complete -c streambus -a '(__streambus_complete)'`

const SCRIPTS: ReadonlyMap<string, string> = new Map([
  ['bash', BASH],
  ['zsh', ZSH],
  ['fish', FISH]
])

/** Prints the script of one shell. */
export async function completion({ io, args }: Call): Promise<number> {
  io.stdout.line(SCRIPTS.get(args[0] as string) ?? '')
  return ExitCode.ok
}
