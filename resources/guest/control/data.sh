# The data disk: the only one that outlives the machine. It belongs to one agent at a time, which sees the folder
# `agent` of its file system as /data. Used by the agent verbs.

# mount_data: formats a blank disk, else repairs what a sudden end left, and lets the file system grow with its disk.
mount_data() {
  [ -b /run/disk/data ] || refuse no-disk 'there is no data disk'
  mounted /run/data && refuse busy 'another agent has the data disk'
  device=$(readlink /run/disk/data)
  if ! has_first && ! has_copy; then
    # What an interrupted attempt left would not be zeros.
    blkdiscard "$device" 2>/dev/null
    /sbin/mke2fs -q -F -t ext4 -b 4096 -i 16384 -m 0 -J size=8 -E nodiscard,assume_storage_prezeroed=1 "$device" \
      >"$work/data.log" 2>&1 || refuse_data 'it cannot be formatted'
  else
    set -- -p
    # Cut off while it was formatted: nothing is in there that could be lost.
    has_first || set -- -y -b 32768 -B 4096
    /sbin/e2fsck "$@" "$device" </dev/null >"$work/data.log" 2>&1
    # 1: something was mended.
    [ $? -le 1 ] || refuse_data 'its file system is damaged'
  fi
  mkdir -p -m 700 /run/data
  # What an agent wrote is on the disk with the next commit, five seconds later. With delayed allocation a file that
  # was closed half a minute before a sudden end could be empty: BOINC syncs nothing that it downloads.
  mount -t ext4 -o nosuid,nodev,noatime,nodelalloc,discard,errors=remount-ro,noinit_itable "$device" /run/data \
    2>"$work/data.log" || refuse_data 'it cannot be mounted'
  : >"$work/data"
  chmod 700 /run/data
  # The file system's own length in blocks, from its superblock.
  blocks=$(dd if="$device" bs=4096 count=1 status=none | od -An -tu4 -j 1028 -N 4)
  if [ $(($(blockdev --getsize64 "$device") / 4096)) -gt $((blocks)) ]; then
    /sbin/resize2fs "$device" >>"$work/log" 2>&1
  fi
  mkdir -p /run/data/agent && chown "$uid:$gid" /run/data/agent && chmod 700 /run/data/agent ||
    refuse_data 'its folder cannot be made'
}

# has_first: whether anything is in the first block, which mke2fs writes last.
has_first() {
  [ "$(dd if="$device" bs=4096 count=1 status=none | tr -d '\0' | wc -c)" -gt 0 ]
}

# has_copy: whether the second block group begins with a copy of the superblock.
has_copy() {
  [ "$(dd if="$device" bs=4096 skip=32768 count=1 status=none | od -An -tx2 -j 56 -N 2)" = ' ef53' ]
}

refuse_data() {
  refuse data-unusable "$1: $(grep -v '^$' "$work/data.log" | head -n 1 | head -c 150)"
}

# write_files: the request's files, below /data. As the agent's own user, who owns everything there: no link of its
# making leads to anything that it could not write itself.
write_files() {
  mkdir "$work/files"
  sed -n 's/^file //p' "$work/request" |
    awk -F '[ ]' -v dir="$work/files" '{ print $2 >(dir "/" NR); close(dir "/" NR); print $1, $3, NR }' >"$work/list"
  while read -r path mode number; do
    path=$(echo "$path" | base64 -d)
    base64 -d "$work/files/$number" >"$work/content"
    # shellcheck disable=SC2016
    (
      cd /run/data/agent || exit 1
      exec /bin/setpriv --reuid "$uid" --regid "$gid" --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
        /kit/busybox sh -c '
          set -e
          umask 077
          mkdir -p "${1%/*}"
          rm -rf "$1.new"
          set -C
          cat >"$1.new"
          chmod "$2" "$1.new"
          if [ -d "$1" ] && [ ! -L "$1" ]; then rm -rf "$1"; fi
          mv -f -T "$1.new" "$1"
        ' sh "./$path" "$mode"
    ) <"$work/content" 2>"$work/data.log" || refuse_data "the file $path cannot be written"
  done <"$work/list"
  rm -rf "$work/files" "$work/content"
}

# release_data: everything is on the disk, and nobody has it.
release_data() {
  sync -f /run/data
  unmount data
}
