#!/usr/bin/env bash
# Pins what Griot stands on, with hashes. `make lock` runs it; the files it writes name no index and no path.
set -euo pipefail
cd "$(dirname "$0")/../.."
uv=${UV:-uv}
export UV_CUSTOM_COMPILE_COMMAND="make lock" # otherwise the header repeats this command line, whatever is in it
compile=("$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes "$@")

members=() # without these a member would be written down with the path it has on this machine
for project in libs/*/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml; do
  members+=(--no-emit-package "$(sed -n 's/^name = "\(.*\)"$/\1/p' "$project" | head -1)")
done

"${compile[@]}" "${members[@]}" --group dev pyproject.toml -o requirements.txt
for tool in servers uv; do
  "${compile[@]}" "deploy/local/requirements-$tool.in" -o "deploy/local/requirements-$tool.txt"
done
