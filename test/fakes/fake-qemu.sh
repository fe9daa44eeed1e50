#!/bin/sh
# A fake QEMU: it speaks the monitor's protocol on descriptor 3 and runs no guest. The name of the "kernel" says
# how it behaves: boots, exits, panics, deaf (answers nothing after the handshake), kvm-exits.
kernel=
accel=
while [ $# -gt 0 ]; do
  case $1 in
  --version) version=1 ;;
  -kernel) kernel=${2##*/} ;;
  -accel) accel=$2 ;;
  esac
  shift
done
if [ "$version" ]; then
  echo "QEMU emulator version ${FAKE_QEMU_VERSION:-7.2.0} (fake)"
  exit 0
fi
say() { printf '%s\r\n' "$1" >&3; }
case $kernel in
exits) echo 'fake-qemu: there is a reason' >&2 && exit 3 ;;
kvm-exits) [ "$accel" = kvm ] && echo 'fake-qemu: no virtualisation' >&2 && exit 1 ;;
esac
say '{"QMP": {"version": {"qemu": {"major": 7, "minor": 2, "micro": 0}, "package": ""}, "capabilities": []}}'
while read -r line <&3; do
  id=${line##*\"id\":}
  id=${id%\}*}
  case $line in
  *'"qmp_capabilities"'*)
    say "{\"return\": {}, \"id\": $id}"
    [ "$kernel" = panics ] &&
      say '{"event": "SHUTDOWN", "data": {"guest": true}, "timestamp": {"seconds": 0, "microseconds": 0}}'
    ;;
  *) [ "$kernel" = deaf ] && continue
    case $line in
    *'"quit"'*) say "{\"return\": {}, \"id\": $id}" && exit 0 ;;
    *'"ringbuf-read"'*) say "{\"return\": \"Kernel panic - not syncing\\n\", \"id\": $id}" ;;
    *) say "{\"return\": {}, \"id\": $id}" ;;
    esac ;;
  esac
done
