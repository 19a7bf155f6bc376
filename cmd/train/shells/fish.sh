# Completion of train for fish: train completion fish | source
function __train_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	set -l found ($words[1] completion fish $words[2..-1] "$current" 2>/dev/null)
	if test (count $found) -gt 0
		printf '%s\n' $found
	else
		__fish_complete_path "$current"
	end
end
complete -c train -f -a '(__train_complete)'
