# Completion of train for bash: source <(train completion bash)
_train() {
	local IFS=$'\n'
	COMPREPLY=($("${COMP_WORDS[0]}" completion bash "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
	return 0
}
complete -o default -F _train train
