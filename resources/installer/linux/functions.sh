# What the packages' scripts share: POSIX sh, no display, no question, no probe of the computer. Part of every script of
# the .deb and the .rpm, since some of them run while the program itself is not there.
app=/opt/Gleaner
# While it is there, a tray that ends comes back when it is gone: the package is being replaced.
mark=/run/gleaner-upgrade
data=/var/lib/gleaner
account=gleaner

say() { printf 'gleaner: %s\n' "$*" >&2; }

booted_with_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null 2>&1; }

# The pids of running hosts: apps of people, and hosts without a window. Chromium's helpers end with their app.
hosts() {
  for proc in /proc/[0-9]*; do
    program=$(readlink "$proc/exe" 2>/dev/null) || continue
    case ${program% (deleted)} in
      "$app/gleaner-app") ;;
      "$app/resources/runtime/node") tr '\0' '\n' 2>/dev/null <"$proc/cmdline" | grep -qx run || continue ;;
      *) continue ;;
    esac
    if tr '\0' '\n' 2>/dev/null <"$proc/cmdline" | grep -q '^--type='; then continue; fi
    printf '%s\n' "${proc#/proc/}"
  done
}

# Asks every host to save its work and end, and waits for it: each does so within half a minute.
stop_hosts() {
  if booted_with_systemd; then systemctl stop gleaner-profile.path gleaner.service 2>/dev/null || true; fi
  waiting=$(hosts)
  for pid in $waiting; do kill -TERM "$pid" 2>/dev/null || true; done
  patience=300
  while [ -n "$waiting" ] && [ "$patience" -gt 0 ]; do
    sleep 0.2
    patience=$((patience - 1))
    still=
    for pid in $waiting; do if [ -e "/proc/$pid/exe" ]; then still="$still $pid"; fi; done
    waiting=$still
  done
  # What is killed goes on from its last checkpoint.
  for pid in $waiting; do
    say "process $pid did not end in a minute and is killed"
    kill -KILL "$pid" 2>/dev/null || true
  done
}

start_service() {
  booted_with_systemd || return 0
  systemctl daemon-reload || true
  systemctl start gleaner-profile.path || true
  # Whether it goes on is the profile's word: see "gleaner service wanted".
  systemctl start --no-block gleaner.service || true
}

begin_replacing() { : >"$mark"; stop_hosts; }
end_replacing() { rm -f "$mark"; }

# An older version may not understand what a newer one wrote: the ledger, settings, saved machines.
refuse_older() { # INSTALLED NEW
  say "version $1 is installed, and $2 is older: it could not read what $1 has written. Nothing was changed."
  say "To go back: export the record (gleaner ledger export), purge gleaner, then install $2."
  exit 1
}

set_up() { # first|again
  getent group "$account" >/dev/null || groupadd --system "$account"
  getent passwd "$account" >/dev/null ||
    useradd --system --gid "$account" --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$account"
  # For /dev/kvm, where there is one; without it, VMs are emulated.
  if getent group kvm >/dev/null; then usermod --append --groups kvm "$account"; fi
  # Only where the parser knows user namespaces (AppArmor 4): elsewhere nothing restricts them.
  if command -v apparmor_parser >/dev/null 2>&1 && [ -d /etc/apparmor.d ] &&
    apparmor_parser --skip-kernel-load --skip-read-cache "$app/resources/installer/apparmor" >/dev/null 2>&1; then
    cp "$app/resources/installer/apparmor" /etc/apparmor.d/gleaner
    if [ -d /sys/kernel/security/apparmor ]; then apparmor_parser --replace /etc/apparmor.d/gleaner || true; fi
  fi
  if [ "$1" = first ] && command -v systemctl >/dev/null 2>&1; then
    systemctl enable gleaner.service gleaner-profile.path >/dev/null 2>&1 || true
  fi
  end_replacing
  start_service
}

take_down() {
  stop_hosts
  # While a host runs, its data is its own.
  keep_records
  if command -v systemctl >/dev/null 2>&1; then
    systemctl disable gleaner.service gleaner-profile.path >/dev/null 2>&1 || true
  fi
  if [ -e /etc/apparmor.d/gleaner ]; then
    if [ -d /sys/kernel/security/apparmor ]; then apparmor_parser --remove /etc/apparmor.d/gleaner || true; fi
    rm -f /etc/apparmor.d/gleaner
  fi
}

# Runs a command as a person, with nothing of ours in it: their folders are theirs, links in them too.
as_person() { # NAME HOME COMMAND…
  name=$1 home=$2
  shift 2
  (cd / && setpriv --reuid "$name" --regid "$(id -g "$name")" --init-groups \
    env -i HOME="$home" USER="$name" LOGNAME="$name" LANG=C.UTF-8 PATH=/usr/bin:/bin "$@")
}

# Calls a function with name and home of everybody who has data of Gleaner's.
each_person() { # FUNCTION
  getent passwd | while IFS=: read -r name _ uid _ _ home _; do
    if [ "$uid" -ge 1000 ] 2>/dev/null && [ -d "$home/.local/share/gleaner" ]; then "$1" "$name" "$home"; fi
  done
}

record=.local/share/gleaner/record.json

keep_record() { # NAME HOME
  as_person "$1" "$2" /usr/bin/gleaner settings get removal.keepRecord --json | grep -q '"value":true' || return 0
  as_person "$1" "$2" /usr/bin/gleaner ledger export --json --out "$2/$record" >/dev/null ||
    say "the record of $1 could not be written out"
}

# Before the program goes: a record for everybody, where policy offers one. Only a purge takes it out of the data.
keep_records() { if [ -x /usr/bin/gleaner ]; then each_person keep_record; fi; }

forget_person() { # NAME HOME
  as_person "$1" "$2" sh -c '
    [ ! -f "$1" ] || mv -f "$1" "$HOME/gleaner-record-$(date +%Y-%m-%d).json"
    rm -rf "$HOME/.local/share/gleaner"
    if grep -qs "^X-Gleaner-Data=" "$HOME/.config/autostart/gleaner.desktop"; then
      rm -f "$HOME/.config/autostart/gleaner.desktop"
    fi' sh "$2/$record" || say "not all of the data of $1 could be removed"
}

forget_all() {
  end_replacing
  each_person forget_person
  rm -rf "$data" /etc/gleaner /run/gleaner
  if getent passwd "$account" >/dev/null; then userdel "$account" >/dev/null 2>&1 || true; fi
  if getent group "$account" >/dev/null; then groupdel "$account" >/dev/null 2>&1 || true; fi
  if booted_with_systemd; then systemctl daemon-reload || true; fi
}
