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
    # Not those of another root: a container's on this computer, or this computer's while an image is made.
    [ "$proc/root" -ef / ] || continue
    program=$(readlink "$proc/exe" 2>/dev/null) || continue
    case ${program% (deleted)} in
      "$app/gleaner-app") ;;
      "$app/resources/runtime/node") tr '\0' '\n' 2>/dev/null <"$proc/cmdline" | grep -qx run || continue ;;
      *) continue ;;
    esac
    # Chromium's helpers write their arguments anew, with spaces between them.
    if grep -q -e '--type=' "$proc/cmdline" 2>/dev/null; then continue; fi
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

# What is to be started after a replacement: whether the service goes on is the profile's word ("gleaner service wanted"), and what
# an administrator has disabled stays as it is.
start_units='for unit in gleaner-profile.path gleaner.service; do
  if systemctl is-enabled --quiet "$unit"; then systemctl start --no-block "$unit" || true; fi
done'

start_service() {
  booted_with_systemd || return 0
  systemctl daemon-reload || true
  eval "$start_units"
}

begin_replacing() {
  : >"$mark"
  # Nobody calls us again where a replacement by rpm fails half way, or any is killed.
  if booted_with_systemd; then
    systemd-run --quiet --collect --on-active=15min --unit=gleaner-replacement \
      /bin/sh -c "rm -f $mark; $start_units" 2>/dev/null || true
  fi
  stop_hosts
}

end_replacing() {
  rm -f "$mark"
  if booted_with_systemd; then systemctl stop gleaner-replacement.timer 2>/dev/null || true; fi
}

# Semantic Versioning's build metadata is no part of which is newer.
plain_version() { printf '%s' "${1%%+*}"; }

# An older version may not understand what a newer one wrote: the ledger, settings, saved machines.
refuse_older() { # INSTALLED NEW
  say "version $1 is installed, and $2 is older: it could not read what $1 has written. Nothing was changed."
  say "To go back: export the record (gleaner ledger export), purge gleaner, then install $2."
  exit 1
}

set_up() { # first|again
  # Whatever fails here: trays are not to wait for it.
  trap end_replacing EXIT
  getent group "$account" >/dev/null || groupadd --system "$account"
  getent passwd "$account" >/dev/null ||
    useradd --system --gid "$account" --home-dir "$data" --no-create-home --shell /usr/sbin/nologin "$account"
  # For /dev/kvm, where there is one; without it, VMs are emulated.
  if getent group kvm >/dev/null; then
    usermod --append --groups kvm "$account" || say "the account $account could not be put into the group kvm"
  fi
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
  if [ -e /etc/apparmor.d/gleaner ]; then
    if [ -d /sys/kernel/security/apparmor ]; then apparmor_parser --remove /etc/apparmor.d/gleaner || true; fi
    rm -f /etc/apparmor.d/gleaner
  fi
}

disable_units() {
  if command -v systemctl >/dev/null 2>&1; then
    systemctl disable gleaner.service gleaner-profile.path >/dev/null 2>&1 || true
  fi
}

# Runs a command as a person, with nothing of ours in it: their folders are theirs, links and pipes in them too; without our
# terminal, into which they could else type; and not for ever, whatever they have laid in its way.
as_person() { # NAME HOME COMMAND…
  name=$1 home=$2
  shift 2
  (cd / && timeout --kill-after=5 120 setsid --wait setpriv --reuid "$name" --regid "$(id -g "$name")" --init-groups \
    env -i HOME="$home" USER="$name" LOGNAME="$name" LANG=C.UTF-8 PATH=/usr/bin:/bin "$@" </dev/null)
}

# Who may have data of Gleaner's, as lines of passwd: whoever the system lists, and, where a directory lists nobody, whoever
# owns a home in /home.
people() {
  {
    getent passwd
    for home in /home/*; do
      if [ -d "$home/.local/share/gleaner" ]; then getent passwd "$(stat -c %u "$home")" || true; fi
    done
  } | sort -u
}

# Calls a function with name and home of everybody who has data of Gleaner's.
each_person() { # FUNCTION
  people | while IFS=: read -r name _ uid _ _ home _; do
    if [ "$uid" -ge 1000 ] 2>/dev/null && timeout 10 test -d "$home/.local/share/gleaner"; then
      # One person's folder holds up nobody else's, nor the package.
      "$1" "$name" "$home" || say "the data of $name could not be looked after"
    fi
  done
}

record=.local/share/gleaner/record.json

# Where the program cannot be asked: the profiles' own words, of which locked ones count first.
profile_wants_no_record() {
  for profile in locked defaults; do
    if [ -f "/etc/gleaner/$profile.json" ]; then
      case $(tr -d ' \t\r\n' <"/etc/gleaner/$profile.json") in
        *'"removal.keepRecord":false'*) return 0 ;;
        *'"removal.keepRecord":true'*) return 1 ;;
      esac
    fi
  done
  return 1
}

# Whether policy, or the person, wants no record. Where nobody can tell there is one.
wants_no_record() { # NAME HOME
  case $(as_person "$1" "$2" /usr/bin/gleaner settings get removal.keepRecord --json 2>/dev/null) in
    *'"value":false'*) return 0 ;;
    *'"value":true'*) return 1 ;;
  esac
  profile_wants_no_record
}

keep_record() { # NAME HOME
  if wants_no_record "$1" "$2"; then
    as_person "$1" "$2" sh -c ': >"$1"' sh "$2/.local/share/gleaner/no-record" || true
    return 0
  fi
  # Also the record of an earlier removal, after which more was done.
  as_person "$1" "$2" rm -f "$2/.local/share/gleaner/no-record" "$2/$record" || true
  as_person "$1" "$2" /usr/bin/gleaner ledger export --json --force --out "$2/$record" >/dev/null ||
    say "the record of $1 could not be written out: a purge leaves them the ledger itself"
}

# Before the program goes: a record for everybody, where policy offers one. Only a purge takes it out of the data.
keep_records() { if [ -x /usr/bin/gleaner ]; then each_person keep_record; fi; }

# A person finds the record, or where there is none the ledger itself, under a name that nothing else has.
forget_person() { # NAME HOME
  as_person "$1" "$2" sh -c '
    data=$HOME/.local/share/gleaner
    free() {
      name=$HOME/gleaner-record-$(date +%Y-%m-%d)
      n=
      while [ -e "$name$n$1" ]; do n=$((${n:--1} - 1)); done
      printf %s "$name$n$1"
    }
    if [ ! -e "$data/no-record" ]; then
      if [ -f "$1" ]; then mv "$1" "$(free .json)" || exit 1
      elif [ -f "$data/gleaner.db" ]; then
        kept=$(free .ledger)
        mkdir "$kept" && mv "$data"/gleaner.db* "$kept/" || exit 1
      fi
    fi
    rm -rf "$data"
    if grep -qs "^X-Gleaner-Data=" "$HOME/.config/autostart/gleaner.desktop"; then
      rm -f "$HOME/.config/autostart/gleaner.desktop"
      rmdir "$HOME/.config/autostart" 2>/dev/null || true
    fi' sh "$2/$record" || say "not all of the data of $1 could be removed"
}

# The ledgers of the service and of a host that root ran, for root alone; the same policy.
keep_machine_records() {
  if profile_wants_no_record; then return 0; fi
  for from in "$data" "$data-root"; do
    [ -f "$from/gleaner.db" ] || continue
    kept=/var/backups/gleaner-service-$(date +%Y-%m-%d)
    if [ "$from" != "$data" ]; then kept=/var/backups/gleaner-root-$(date +%Y-%m-%d); fi
    n=
    while [ -e "$kept$n" ]; do n=$((${n:--1} - 1)); done
    (umask 077 && mkdir -p "$kept$n" && cp "$from"/gleaner.db* "$kept$n/") ||
      say "the ledger in $from could not be copied to $kept$n"
  done
}

forget_all() {
  # Whoever opened it again meanwhile.
  stop_hosts
  end_replacing
  each_person forget_person
  keep_machine_records
  rm -rf "$data" "$data-root" /etc/gleaner /run/gleaner
  rm -f /etc/systemd/system/multi-user.target.wants/gleaner.service
  rm -f /etc/systemd/system/paths.target.wants/gleaner-profile.path
  # As systemctl made it, where nothing else is in it.
  rmdir /etc/systemd/system/paths.target.wants 2>/dev/null || true
  # An account of that name that somebody else made stays, with its group.
  if [ "$(getent passwd "$account" | cut -d: -f6)" = "$data" ]; then
    userdel "$account" >/dev/null 2>&1 || true
    if getent group "$account" >/dev/null; then groupdel "$account" >/dev/null 2>&1 || true; fi
  fi
  if booted_with_systemd; then systemctl daemon-reload || true; fi
}
