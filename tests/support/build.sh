# The build variants. Each has a directory under build/ and is set up again when its options change.

build_options() {
	echo "-Dtests=enabled"
	case $1 in
	release) echo "-Dwerror=true -Dbuildtype=release" ;;
	asan) echo "-Dwerror=true -Dbuildtype=debug -Doptimization=1 -Db_lundef=false" \
		"-Db_sanitize=address,undefined -Dtest_hooks=true -Dfuzz=true" \
		"-Dc_args=-fno-sanitize-recover=all" ;;
	tsan) echo "-Dbuildtype=debug -Doptimization=1 -Db_lundef=false -Db_sanitize=thread" ;;
	hooks) echo "-Dbuildtype=debugoptimized -Dtest_hooks=true" ;;
	esac
}

build_compiler() {
	case $1 in
	asan | tsan) echo clang ;;
	*) echo gcc ;;
	esac
}

build_setup() {
	local dir=$top/build/$1 options compiler wanted
	options=$(build_options "$1")
	compiler=$(build_compiler "$1")
	wanted="$compiler $options"
	if [[ -f $dir/build.ninja && $(cat "$dir/options.txt" 2>/dev/null) == "$wanted" ]]; then
		quietly "setup-$1" ninja -C "$dir" build.ninja # the build files may have changed
		return
	fi
	rm -rf "$dir"
	# shellcheck disable=SC2086 # the options are words
	CC=$compiler quietly "setup-$1" meson setup "$dir" "$top" $options || return 1
	printf '%s\n' "$wanted" >"$dir/options.txt"
}

# build_variant NAME: the build is a test of its own, warnings are errors in it.
build_variant() {
	build_setup "$1" && quietly "build-$1" ninja -k 0 -C "$top/build/$1" || return 1
	report_pass build "$1"
}

build_is_there() {
	[[ -f $top/build/$1/build.ninja ]] || { echo "   $1 is not set up" && return 1; }
}
