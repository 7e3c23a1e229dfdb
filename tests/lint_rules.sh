# The rules of tests/lint, which sources this. Each is a function that prints
# every place that breaks it, as PATH:LINE: what is wrong and what to do, and
# nothing otherwise. It looks for its files itself, from the top of the tree,
# so that one may be moved without a word here.

programs='broker worker media common ctl'
folders="$programs bench tests"

# files PATTERN FOLDER...: by name, without what npm and pip have installed.
files() {
	name=$1
	shift
	find "$@" \( -name node_modules -o -name python_modules \) -prune -o \
		-type f -name "$name" -print
}

rule_columns() {
	# shellcheck disable=SC2046,SC2086
	awk '
	{
		gsub(/[\200-\277]/, "")		# one column a character
		width = 0
		while ((tab = index($0, "\t")) > 0) {
			width += tab - 1
			width += 8 - width % 8
			$0 = substr($0, tab + 1)
		}
		width += length($0)
	}
	width > 80 {
		printf "%s:%d: %d columns, where 80 are the most: wrap it\n",
		    FILENAME, FNR, width
	}' $(files '*.[ch]' $folders) $(files '*.mk' $folders web man) \
	    $(files '*.js' web) $(files '*.sh' scripts tests) check start \
	    tests/lint
}

# too_long LINES WHAT FILE...
too_long() {
	most=$1 what=$2
	shift 2
	wc -l "$@" | awk -v most="$most" -v what="$what" '
	$1 > most && $2 != "total" {
		printf "%s:%d: %s has at most %d lines: make two of it\n",
		    $2, $1, what, most
	}'
}

rule_headers() {
	# shellcheck disable=SC2046,SC2086
	too_long 80 'a header' $(files '*.h' $programs bench)
}

rule_files() {
	# shellcheck disable=SC2046,SC2086
	too_long 700 'a file' $(files '*.[ch]' $programs bench)
}

# Not the tests' headers: those hold functions, and come after cmocka's.
rule_alone() {
	flags=$(pkg-config --cflags jansson libevent)
	for folder in $programs bench; do
		quoted='-iquote . -iquote common'
		# shellcheck disable=SC2046,SC2086
		${CC:-cc} -std=gnu11 -fsyntax-only -Wall -Werror $flags \
		    $quoted -x c $(files '*.h' "$folder") 2>&1
	done | sed -n 's/: \(fatal \)*error: /: does not compile alone: /p'
}

# A body is what stands between two braces in the first column.
rule_functions() {
	# shellcheck disable=SC2046,SC2086
	awk '
	FNR == 1 { start = 0 }
	/^[a-z_].*\(/ { name = $0; start = FNR }
	/^}/ && start > 0 {
		if (FNR - start >= 60)
			printf "%s:%d: %s... has %d lines, where 60 are " \
			    "the most: make two of it\n", FILENAME, start,
			    substr(name, 1, index(name, "(")),
			    FNR - start + 1
		start = 0
	}' $(files '*.c' $folders)
}

# walls: PATTERN OWNER, from the table in ARCHITECTURE.md: each header in its
# second column with each file in its third.
walls() {
	awk -F '|' '
	/^## / { here = /^## Walls/ }
	here && NF >= 5 {
		headers = split($3, header, "`")
		owners = split($4, owner, "`")
		for (i = 2; i <= headers; i += 2)
			for (j = 2; j <= owners; j += 2)
				print header[i], owner[j]
	}' ARCHITECTURE.md
}

# wall_owners HEADER: the files that may include it, if it has a wall.
wall_owners() {
	walls | while read -r pattern owner; do
		# shellcheck disable=SC2254
		case $1 in
		$pattern) echo "$owner" ;;
		esac
	done
}

# is_among FILE PATTERN...
is_among() {
	file=$1
	shift
	for pattern; do
		# shellcheck disable=SC2254
		case $file in
		$pattern) return 0 ;;
		esac
	done
	return 1
}

rule_walls() {
	[ -n "$(walls)" ] ||
		echo 'ARCHITECTURE.md:1: has no table of walls any more'
	set -f
	# shellcheck disable=SC2086
	grep -rnE --include='*.[ch]' '^#[ 	]*include[ 	]*<' $programs |
	    sed 's/:#.*<\(.*\)>.*/ \1/; s/:/ /' |
	    sort -k3 |
	    while read -r file line header; do
		[ "$header" = "${last:-}" ] || owners=$(wall_owners "$header")
		last=$header
		# shellcheck disable=SC2086
		[ -z "$owners" ] || is_among "$file" $owners ||
			echo "$file:$line: includes <$header>, which is for" \
				$owners "alone (ARCHITECTURE.md, Walls)"
	done
	set +f
}

# floors: FOLDER LOWER, from the table in ARCHITECTURE.md: the folder in its
# first column with each in its third, which has to have a row below.
floors() {
	awk -F '|' '
	/^## / { here = /^## Floors/ }
	here && NF >= 5 && split($2, folder, "`") > 1 {
		above[folder[2]] = 1
		n = split($4, lower, "`")
		for (i = 2; i <= n; i += 2)
			print folder[2], \
			    lower[i] in above ? "nothing" : lower[i]
	}' ARCHITECTURE.md
}

# A header's name alone is one of the own folder's or of common/.
rule_floors() {
	floors=$(floors)
	[ -n "$floors" ] ||
		echo 'ARCHITECTURE.md:1: has no table of floors any more'
	grep -rnE --include='*.[ch]' '^#[ 	]*include[ 	]*"' \
	    broker worker media |
	    sed 's/:#.*"\(.*\)".*/ \1/; s/:/ /' |
	    while read -r file line header; do
		case $header in
		*/*) echo "$floors" |
			grep -qxF "${file%/*}/ ${header%/*}/" ;;
		*) [ -f "${file%/*}/$header" ] || [ -f "common/$header" ] ;;
		esac || echo "$file:$line: includes \"$header\", which is on" \
			'no floor below it (ARCHITECTURE.md, Floors)'
	done
}

# What is code in a text of Markdown: between backticks and in blocks.
code_of() {
	awk '
	/^```/ { block = !block; next }
	block { print; next }
	{
		n = split($0, part, "`")
		for (i = 2; i <= n; i += 2)
			print part[i]
	}' "$@"
}

rule_modules() {
	named=" $(code_of ARCHITECTURE.md | tr -cs 'A-Za-z0-9_' ' ') "
	# shellcheck disable=SC2046,SC2086
	grep -noE '[a-z0-9_/]+/[a-z0-9_]+\.c' /dev/null \
	    $(files '*.mk' $programs) | grep -v ':tests/' |
	    while IFS=: read -r list line file; do
		module=$(basename "$file" .c)
		case $named in
		*" $module "*) ;;
		*) echo "$list:$line: $file is not in ARCHITECTURE.md:" \
			"say there what \`$module\` does" ;;
		esac
	done
}

# Files that the documents name are there.
rule_paths() {
	places=$(echo $folders web man scripts | tr ' ' '|')
	for text in ARCHITECTURE.md CONTRIBUTING.md README.md; do
		code_of "$text" | grep -xE "($places)/[a-z0-9_/*]+\.[a-z]+" |
		    sort -u | while read -r pattern; do
			# shellcheck disable=SC2086
			ls -d $pattern >/dev/null 2>&1 || echo \
			    "$text:$(grep -nF "$pattern" "$text" |
			    sed 's/:.*//;q'): there is no $pattern"
		done
	done
}

# both FILE NAMES FILE NAMES: a name in one of them that is not in the other.
both() {
	[ -n "$2" ] || echo "$1:1: no table was found here: mend tests/lint"
	lacks "$1" "$2" "$3" "$4"
	lacks "$3" "$4" "$1" "$2"
}

# lacks FILE NAMES OTHER NAMES
lacks() {
	[ -z "$2" ] || echo "$2" | while read -r name; do
		echo "$4" | grep -qxF "$name" ||
			echo "$1:1: has \"$name\", and $3 has not:" \
				'say it there'
	done
}

# An address in both: what is in braces or .Ar is {}, without its query.
rule_routes() {
	table=$(files route.c broker)
	# shellcheck disable=SC2086
	served=$(sed -n '/^} routes/,/^};/s/^	{ "\([A-Z]*\)", "/\1 /p' \
	    $table | sed '/\*"/d; s/".*//; s/{[a-z_]*}/{}/g')
	said=$(sed -n 's/^\.It Li \([A-Z]* \/\)/\1/p' man/lulld.8 |
	    sed 's/?.*//; s/ Ns Ar [a-z_]*/{}/g; s/ Ns Li //g')
	both "$table" "$served" man/lulld.8 "$said"
}

table_of_commands() {
	# shellcheck disable=SC2046
	sed -n '/^} commands/,/^};/s/^	{ "\([a-z]*\)", .*/\1/p' \
	    $(files command.c ctl)
}

rule_commands() {
	said=$(sed -n '/^The commands are/,/^is one of/s/^\.It Cm //p' \
	    man/lullctl.1 | sed 's/ .*//')
	both "$(files command.c ctl)" "$(table_of_commands)" \
	    man/lullctl.1 "$said"
}

# A command line begins a line, or stands after a prompt, a tag, a quote.
rule_words() {
	known=" $(table_of_commands | tr '\n' ' ')"
	begin='(^|[$>`"]|sudo) *lullctl'
	option='( -j| --json| (-s|--socket|--rundir) [^ ]+)*'
	# shellcheck disable=SC2046
	grep -noE "$begin$option [a-z]+" /dev/null README.md \
	    $(files '*.html' web) $(files '*.js' web) $(files '*.[1-8]' man) |
	    while IFS=: read -r file line words; do
		case $known in
		*" ${words##* } "*) ;;
		*) echo "$file:$line: lullctl has no command" \
			"\"${words##* }\"" ;;
		esac
	done
}
