import { type CommandNode, flatTree } from './command-tree.ts';

/**
 * What bash completes `gleaner` by: commands, options and the values that can be listed; files elsewhere. Nothing of it
 * starts Gleaner, so a tab costs nothing. Pure.
 */
export function bashCompletion(root: CommandNode): string {
  const nodes = flatTree(root);
  const inside = nodes.slice(1).map(({ path }) => `    '${path}'`);
  return `# bash completion for ${root.path}; written by "${root.path} completion bash".
_${root.path}() {
  local word path='${root.path}' before=\${COMP_WORDS[COMP_CWORD - 1]} words= at
  for ((at = 1; at < COMP_CWORD; at++)); do
    word=\${COMP_WORDS[at]}
    case "$path $word" in
${inside.join(' | \\\n')}) path="$path $word" ;;
    esac
  done
  case "$path $before" in
${nodes.flatMap(valueCases).join('\n')}
  *)
    case "$path" in
${nodes.map(wordCase).join('\n')}
    esac
    ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o bashdefault -o default -F _${root.path} ${root.path}
`;
}

/** What follows an option: one of what it may be, else a file. */
function valueCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, choices }) => {
      const places = flags.map((flag) => `'${path} ${flag}'`).join(' | ');
      return `  ${places}) words='${choices.join(' ')}' ;;`;
    });
}

function wordCase({ path, arguments: given, options, below }: CommandNode): string {
  const words = [
    ...below.map((node) => node.path.split(' ').at(-1)),
    ...given.flatMap(({ choices }) => choices),
    ...options.flatMap(({ flags }) => flags),
  ];
  return `    '${path}') words='${words.join(' ')}' ;;`;
}
