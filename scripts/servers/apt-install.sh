#!/bin/sh
# Installs Debian packages that bring servers, and leaves none of those servers running,
# enabled or with a database cluster of its own. Needs root. Usage: apt-install.sh PACKAGE...
set -eu

policy=/usr/sbin/policy-rc.d
saved=$policy.saved-by-cardctl
cluster_dir=/etc/postgresql-common/createcluster.d
cluster=$cluster_dir/zz-cardctl-no-cluster.conf

restore() {
  rm -f "$policy" "$cluster"
  if [ -e "$saved" ]; then mv "$saved" "$policy"; fi
}

# A run that was killed may have left its saved policy behind: that one is the machine's own.
if [ -e "$policy" ] && [ ! -e "$saved" ]; then mv "$policy" "$saved"; fi
trap restore EXIT
trap 'exit 130' INT TERM HUP

printf '#!/bin/sh\nexit 101\n' >"$policy"
chmod 755 "$policy"
mkdir -p "$cluster_dir"
echo "create_main_cluster = false" >"$cluster"

export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"

if command -v systemctl >/dev/null 2>&1; then
  for package in "$@"; do
    case $package in
      postgresql | pgbouncer | redis-server | nginx) systemctl disable "$package" >/dev/null 2>&1 || true ;;
    esac
  done
fi
