# The suites: meson's unit tests, pytest, static checks, fuzz targets, mutants.

sanitizer_options() {
	export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:abort_on_error=1
	export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
	export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1
}

# meson_tests VARIANT [--built] [PREFIX...]: registered tests that match prefix and pattern.
meson_tests() {
	local dir=$top/build/$1 built=
	shift
	[[ ${1-} != --built ]] || { built=$1 && shift; }
	meson introspect --tests "$dir" | python tests/support/meson_names.py $built "$pattern" "$@"
}

# unit_run VARIANT [PREFIX...]: what could not be built was told by the build, the others run.
unit_run() {
	local variant=$1 log=$top/build/$1/meson-logs/testlog.json names rebuild=--no-rebuild
	shift
	build_is_there "$variant" || return 1
	[[ $variant != tsan ]] || rebuild=
	mapfile -t names < <(meson_tests "$variant" ${rebuild:+--built} "$@")
	if [[ ${#names[@]} == 0 ]]; then
		none_is_fine
		return
	fi
	sanitizer_options
	# failures are counted from the log; a run that leaves none, or half of one, has failed
	rm -f "$log"
	quietly "unit-$variant" meson test -C "$top/build/$variant" --timeout-multiplier 10 \
		$rebuild --print-errorlogs "${names[@]}" || true
	cp "$log" "$results/meson-$variant.json" && [[ $(wc -l <"$log") -eq ${#names[@]} ]]
}

# Without a pattern there are always tests.
none_is_fine() {
	[[ -n $pattern ]] || { echo "   no tests" && return 1; }
}

# Only the rooms that own threads or feed them; ThreadSanitizer is slow and needs its own build.
threads_run() {
	build_setup tsan && unit_run tsan "unit store" "unit outbox"
}

# pytest_run NAME PATH...
pytest_run() {
	local name=$1 log=$results/log/pytest-$1.log selection=(-m "not long") status=0
	shift
	[[ $long == 0 ]] || { selection=() && export ASTRAD_KILLS=${ASTRAD_KILLS:-80}; }
	# pytest wants words, not text
	[[ -z $pattern ]] || selection+=(-k "$(sed 's/[^A-Za-z0-9_]\+/ and /g' <<<"$pattern")")
	python -m pytest -c tests/pytest.ini --rootdir "$top" -q --no-header --tb=short \
		-n auto --maxprocesses 4 --junitxml "$results/pytest-$name.xml" \
		"${selection[@]}" "$@" >"$log" 2>&1 || status=$?
	case $status in
	0) return 0 ;;
	5) none_is_fine ;; # nothing selected
	1) pytest_failures "$log" ;;
	*) tail -n 30 "$log" && return 1 ;;
	esac
}

# The first failures whole, of the rest the names: who reads this may not have the log.
pytest_failures() {
	sed -n '/^=* \(FAILURES\|ERRORS\) =*$/,/^=* short test summary/p' "$1" | head -n 150
	grep -E '^(FAILED|ERROR)' "$1"
}

# api_run VARIANT FOLDER...: every folder with a test_*.py below those.
api_run() {
	local variant=$1 paths
	shift
	build_is_there "$variant" || return 1
	mapfile -t paths < <(find "$@" -path tests/support -prune -o \
		-name 'test_*.py' -printf '%h\n' | sort -u)
	[[ ${#paths[@]} -gt 0 ]] || return 0
	sanitizer_options
	ASTRAD_BUILD=$top/build/$variant pytest_run "api-$variant" "${paths[@]}"
}

# Checks that read the tree, and those that need a build.
checks_run() {
	python -m checks --root "$top" --junit "$results/checks-$1.xml" --pattern "$pattern" "$1"
}

# The README's other command judges itself by the receivers' ledgers.
quickstart_run() {
	[[ -x config/quickstart && quickstart == *"$pattern"* ]] || return 0
	quietly quickstart config/quickstart --once || return 1
	report_pass quickstart "the main job"
}

fuzz_run() {
	local much=(--seconds 30)
	[[ $long == 0 ]] || much=(--seconds 120 --all)
	build_is_there asan || return 1
	sanitizer_options
	python tests/fuzz/rotate.py --build "$top/build/asan" --junit "$results/fuzz.xml" \
		--pattern "$pattern" "${much[@]}"
}

mutants_run() {
	python tests/mutants/run --junit "$results/mutants.xml" -- "$pattern"
}
