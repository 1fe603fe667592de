#!/bin/sh
# Builds the image of what is committed, with labels that say which version, commit and time it is of, and where from.
# Usage: scripts/build-image.sh [IMAGE [SOURCE]], for example registry.example.org/leporello https://example.org/leporello
#
# DOCKER=podman builds with that. The same commit has the same labels, whenever it is built.
set -eu
cd "$(dirname "$0")/.."
if [ -n "$(git status --porcelain)" ]; then
  echo 'build-image: there are changes that are not committed: the labels would not tell what is in the image' >&2
  exit 1
fi
version=$(node -p 'require("./package.json").version')
revision=$(git rev-parse HEAD)
origin=${2:-$(git remote get-url origin 2>/dev/null || echo unknown)}
# Without the user and password that the address may hold.
source=$(printf '%s\n' "$origin" | sed 's#//[^/@]*@#//#')
# SOURCE_DATE_EPOCH is what builders date their layers by.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
created=$(node -p 'new Date(process.env.SOURCE_DATE_EPOCH * 1000).toISOString()')
image=${1:-leporello}
exec "${DOCKER:-docker}" build --tag "$image:$version" \
  --build-arg "VERSION=$version" --build-arg "REVISION=$revision" --build-arg "CREATED=$created" --build-arg "SOURCE=$source" .
