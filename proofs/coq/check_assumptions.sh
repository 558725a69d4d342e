#!/bin/sh
# Assumptions of every exported theorem against the allow-list, then coqchk on every module of the
# theory. Run from anywhere, after `make`. Exit 0: all is well; 1: the first thing that is not.
# `--no-coqchk` leaves out the independent checker.
set -eu
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

allowed=$(sed '/^#/d;/^$/d' allowed_axioms.txt)

# Every theorem that a reader is pointed to must be in exported.txt, and nothing may be admitted.
sources=$(sed -n 's/^\(theory\/.*\.v\)$/\1/p' _CoqProject)
if grep -nE '^[[:space:]]*(Admitted|Axiom|Axioms|Parameter|Parameters|Conjecture|Abort)\b|\badmit\b|\bgive_up\b' $sources; then
  echo "check_assumptions: an unproved statement (above)" >&2; exit 1
fi

count=0
while read -r module theorem; do
  case $module in ''|'#'*) continue;; esac
  # [Print Assumptions] lists a section's variables too: there are none left outside sections.
  printf 'Require %s.\nPrint Assumptions %s.%s.\n' "$module" "$module" "$theorem" > "$tmp/query.v"
  if ! coqc -R . NTK -w none "$tmp/query.v" > "$tmp/out" 2> "$tmp/err"; then
    cat "$tmp/err" >&2; echo "check_assumptions: cannot load $module.$theorem; run make first" >&2; exit 1
  fi
  # A name starts a line, its type follows after " :" or on the next, indented line.
  used=$(grep -E '^[A-Za-z_][A-Za-z0-9_.'"'"']*( :|$)' "$tmp/out" | sed 's/ .*//;s/:$//' | grep -v '^Axioms$' || true)
  if [ -z "$used" ] && ! grep -q 'Closed under the global context' "$tmp/out"; then
    echo "check_assumptions: cannot read the assumptions of $theorem" >&2; exit 1
  fi
  for axiom in $used; do
    if ! printf '%s\n' "$allowed" | grep -qxF "$axiom"; then
      echo "check_assumptions: $module.$theorem rests on $axiom, which allowed_axioms.txt does not list" >&2; exit 1
    fi
  done
  echo "$module.$theorem: $(echo $used | sed 's/[A-Za-z_]*\.//g;s/^$/no axiom/')"
  count=$((count + 1))
done < exported.txt
echo "$count theorems: assumptions allowed"

if [ "${1:-}" != --no-coqchk ]; then
  modules=$(printf '%s\n' $sources | sed 's/\.v$//;s/\//./g;s/^/NTK./')
  coqchk -silent -bytecode-compiler yes -R . NTK $(printf -- '-norec %s ' $modules) > "$tmp/chk" 2>&1 || {
    tail -5 "$tmp/chk" >&2; echo "check_assumptions: coqchk rejects the theory" >&2; exit 1; }
  echo "coqchk: $(printf '%s\n' $modules | wc -l) modules checked"
fi
