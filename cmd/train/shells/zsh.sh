#compdef train
# Completion of train for zsh: source <(train completion zsh)
_train() {
	local -a found
	found=("${(@f)$("${(Q)words[1]}" completion zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}")
	if [[ -n "${found[1]}" ]]; then
		_describe train found
	else
		_files
	fi
}
compdef _train train
