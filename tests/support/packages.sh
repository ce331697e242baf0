# Debian packages from config/packages.txt, and the npm packages of tests/support/npm.
# config/quickstart sources this file too: it needs `top` and nothing else.

# packages_wanted SECTION...: the packages of these sections that this machine lacks.
packages_wanted() {
	local section= wanted=" $* " name command
	while read -r name command; do
		case $name in
		'' | '#'*) continue ;;
		'['*) section=${name//[][]/} && continue ;;
		esac
		[[ $wanted == *" $section "* ]] || continue
		command=${command//[][]/}
		if [[ -n $command ]] && command -v "$command" >/dev/null; then
			continue
		fi
		packages_has "$name" || printf '%s\n' "$name"
	done <"$top/config/packages.txt"
}

packages_has() {
	[[ $(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

# packages_install SECTION...: an index that is missing or too old is fetched anew, once.
packages_install() {
	local missing
	mapfile -t missing < <(packages_wanted "$@")
	[[ ${#missing[@]} -gt 0 ]] || return 0
	if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
		printf 'missing packages (as root: apt-get install): %s\n' "${missing[*]}" >&2
		return 1
	fi
	printf '   installing %s\n' "${missing[*]}"
	packages_apt "${missing[@]}" && return 0
	apt-get -qq update && packages_apt "${missing[@]}"
}

packages_apt() {
	local log=$top/build/apt.log
	mkdir -p "$top/build"
	if ! apt-get -qq install -y --no-install-recommends "$@" >"$log" 2>&1; then
		tail -n 5 "$log"
		return 1
	fi
}

# The official verifier of Standard Webhooks, in a directory of its own.
npm_install() {
	local dir=$top/build/npm
	if cmp -s "$top/tests/support/npm/package-lock.json" "$dir/installed-lock.json"; then
		return 0
	fi
	rm -rf "$dir" && mkdir -p "$dir"
	cp "$top"/tests/support/npm/package{,-lock}.json "$dir/"
	quietly npm npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund &&
		cp "$dir/package-lock.json" "$dir/installed-lock.json"
}
