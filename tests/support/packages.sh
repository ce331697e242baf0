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
	apt-get -qq update && packages_apt "${missing[@]}" && return 0
	tail -n 5 "$top/build/apt.log"
	return 1
}

# Services of the packages (nginx) are not started: the tests run their own.
packages_apt() {
	local policy=/usr/sbin/policy-rc.d ours=0 status=0
	mkdir -p "$top/build"
	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy" && ours=1
	fi
	DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 "$@" >"$top/build/apt.log" 2>&1 || status=$?
	[[ $ours == 0 ]] || rm -f "$policy"
	return $status
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
