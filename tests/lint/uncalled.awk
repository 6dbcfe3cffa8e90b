# Functions that a header promises and nobody calls: defined in a source and named nowhere else. Words
# in comments that begin a line do not count; those behind code do, and only hide a finding.
FNR == 1 {
	comment = 0
	header = FILENAME ~ /^include\//
}
{
	line = $0
	if (!comment && line ~ /^[ \t]*\/\*/)
		comment = 1
	if (comment) {
		if (!match(line, /\*\//))
			next
		line = substr(line, RSTART + 2)
		comment = 0
	}
	# "type name(" at the beginning of a line: promised in a header, made in a source
	if (line ~ /^[a-zA-Z_][a-zA-Z0-9_ ]*[ *][a-z_][a-z0-9_]*\(/ && line !~ /^(typedef|static|else) /) {
		name = line
		sub(/\(.*/, "", name)
		sub(/.*[ *]/, "", name)
		if (!header)
			made[name] = 1
		else if (!(name in promised))
			promised[name] = FILENAME
	}
	n = split(line, words, /[^a-zA-Z0-9_]+/)
	for (i = 1; i <= n; i++)
		named[words[i]]++
}
END {
	for (name in promised)
		if (name in made && named[name] == 2)
			print promised[name] ": nobody calls " name "()"
}
