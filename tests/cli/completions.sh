#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What shells offer is what --help says: completions.sh BUILD
# bash, and zsh and fish where they are.
set -euo pipefail
build=$1
files=$build/cmake/packaging/completions
generator=$build/cmake/packaging/fullhouse-tables
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "FAIL: $*"; exit 1; }
mkdir "$work/home" "$work/place"
cd "$work/place"
mkdir 'a folder' venue
touch 'a file.wav' venue.yaml

programs=()
for program in fullhouse fullhouse-mpi fullhouse-live; do
  [ ! -e "$files/bash/$program" ] || programs+=("$program")
done

# Offers of bash for a line whose last word is being typed, one a line
bash_offers() {
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  local function=_${1//-/_}
  "$function"
  [ ${#COMPREPLY[@]} -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
}
fish_offers() { # As one string
  HOME=$work/home fish -N -c "source '$files/fish/${1%% *}.fish'; complete -C '$1'" |
    sed 's/\t.*//'
}

# The long options that the help in $work/help names
helped() {
  grep -oE '^ +(-[A-Za-z?], +)?--[a-z-]+' "$work/help" |
    grep -oE -- '--[a-z-]+' | sort -u
}

for program in "${programs[@]}"; do
  # shellcheck disable=SC1090
  . "$files/bash/$program"
  complete -p "$program" | grep -q -- "-F _${program//-/_} " || fail "$program"
done

n=0
for program in "${programs[@]}"; do
  while read -r -a path; do
    # fullhouse-mpi starts MPI before it reads: as fullhouse says
    asked=("${path[@]}")
    [ "$program" != fullhouse-mpi ] || asked[0]=fullhouse
    "$build/${asked[0]}" "${asked[@]:1}" --help >"$work/help"
    # A command of commands has a list instead of options
    if ! grep -q '^Usage: .* COMMAND' "$work/help"; then
      helped >"$work/helped"
      [ "$(wc -l <"$work/helped")" -ge 2 ] || fail "${asked[*]} --help"
      bash_offers "${path[@]}" -- | sort >"$work/offered"
      diff "$work/helped" "$work/offered" || fail "bash: ${path[*]}"
      if command -v fish >/dev/null; then
        fish_offers "${path[*]} --" | sed 's/=$//' | sort -u >"$work/offered"
        diff "$work/helped" "$work/offered" || fail "fish: ${path[*]}"
      fi
      n=$((n + 1))
    fi
  done < <("$generator" list "$program")
done
echo "$n commands offer what their help says"
[ "$n" -ge 14 ] || fail "too few"

echo "-- commands"
"$build/fullhouse" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' |
  sort >"$work/helped"
bash_offers fullhouse '' | sort >"$work/offered"
diff "$work/helped" "$work/offered" || fail "commands"
[ "$(bash_offers fullhouse simu)" = simulate ] || fail "fullhouse simu"
[ "$(bash_offers fullhouse ir an)" = analyze ] || fail "fullhouse ir an"
[ -z "$(bash_offers fullhouse nonsense an)" ] || fail "after a wrong command"

echo "-- files, folders, numbers"
[ "$(bash_offers fullhouse simulate ven | sort | tr '\n' ' ')" = "venue venue.yaml " ] ||
  fail "venues"
[ "$(bash_offers fullhouse simulate venue -o '' | sort | tr '\n' ,)" = "a folder,venue," ] ||
  fail "only folders after -o: $(bash_offers fullhouse simulate venue -o '')"
[ "$(bash_offers fullhouse simulate venue --output = v)" = venue ] || fail "--output=v"
[ "$(bash_offers fullhouse ir analyze 'a f' | sort | tr '\n' ,)" = "a file.wav,a folder," ] ||
  fail "names with spaces"
[ -z "$(bash_offers fullhouse simulate venue --rays v)" ] || fail "files as a number"
[ -z "$(bash_offers fullhouse bench v)" ] || fail "bench takes no file"
if [ -e "$files/bash/fullhouse-live" ]; then
  [ "$(bash_offers fullhouse-live -p free)" = freeze: ] || fail "controls"
fi

if command -v fish >/dev/null; then
  echo "-- fish"
  fish_offers "fullhouse " | sort >"$work/offered"
  diff "$work/helped" "$work/offered" || fail "commands in fish"
  fish_offers "fullhouse ir a" | grep -qx analyze || fail "fullhouse ir a"
  fish_offers "fullhouse simulate ven" | grep -qx venue.yaml || fail "fish: venues"
  ! fish_offers "fullhouse simulate venue -o v" | grep -qx venue.yaml || fail "fish: folders"
  for program in "${programs[@]}"; do fish -n "$files/fish/$program.fish"; done
fi

command -v zsh >/dev/null || { echo "zsh is not here: not asked"; exit 0; }
echo "-- zsh"
cp "$files"/zsh/_* "$work/home"
# A shell of its own at the end of a pseudo-terminal, as its users have it
cat >"$work/ask.zsh" <<'END'
zmodload zsh/zpty
setopt extended_glob
zpty shell "env -i TERM=xterm COLUMNS=200 LINES=60 HOME=$1 PATH=$PATH zsh -f -i"
ask() { zpty -w shell "$1" }
expect() {
  local got part
  integer i
  for ((i = 0; i < 200; ++i)); do
    if zpty -r -t shell part; then
      got+=$part
      # Without what moves the cursor and sets colours
      [[ ${got//$'\e['[0-9;?]#[a-zA-Z]/} == *$1* ]] && return 0
      else
      sleep 0.05
    fi
  done
  print -r -- "FAIL: zsh does not offer $1: $got"
  exit 1
}
ask "PS1='> '; fpath=($1 \$fpath); autoload -U compinit; compinit -u; bindkey '^I' complete-word; setopt list_ambiguous; print re''ady"
expect ready
zpty -w -n shell $'fullhouse simu\t'
expect 'simulate'
zpty -w -n shell $'--outp\t'
expect 'output='
ask $'\C-u'
zpty -w -n shell $'fullhouse ir analy\t --thi\t'
expect 'third'
ask $'\C-u'
zpty -w -n shell $'fullhouse \t'
expect 'Simulate a venue'
ask $'\C-u'
exit 0
END
for program in "${programs[@]}"; do zsh -n "$files/zsh/_$program"; done
zsh -f "$work/ask.zsh" "$work/home" || fail "zsh"
