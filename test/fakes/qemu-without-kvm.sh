#!/bin/sh
# The real QEMU, except that KVM starts here and never runs a guest: what some virtual machines offer as /dev/kvm.
case " $* " in
*' -accel kvm '*) ;;
*) exec qemu-system-x86_64 "$@" ;;
esac
dropped=
for word; do
  shift
  if [ "$dropped" ]; then
    dropped=
    continue
  fi
  case $word in
  # Without a kernel the firmware looks for something to boot, for ever.
  -kernel | -initrd | -append) dropped=1 && continue ;;
  kvm) word=tcg ;;
  host) word=max ;;
  esac
  set -- "$@" "$word"
done
exec qemu-system-x86_64 "$@"
