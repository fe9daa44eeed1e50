# The data disk: the only one that outlives the machine. It belongs to one agent at a time, which sees the folder
# `agent` of its file system as /data. Used by the agent verbs.

# mount_data: formats a blank disk, else repairs what a sudden end left, and lets the file system grow with its disk.
mount_data() {
  [ -b /run/disk/data ] || refuse no-disk 'there is no data disk'
  mounted /run/data && refuse busy 'another agent has the data disk'
  device=$(readlink /run/disk/data)
  if is_blank; then
    # What an interrupted attempt left would not be zeros.
    blkdiscard "$device" 2>/dev/null
    /sbin/mke2fs -q -F -t ext4 -b 4096 -m 0 -J size=8 -E nodiscard,assume_storage_prezeroed=1 "$device" \
      >"$work/data.log" 2>&1 || refuse_data 'it cannot be formatted'
  else
    set -- -p
    has_begun && set -- -y -b 32768 -B 4096
    /sbin/e2fsck "$@" "$device" </dev/null >"$work/data.log" 2>&1
    # 1: something was mended.
    [ $? -le 1 ] || refuse_data 'its file system is damaged'
  fi
  mkdir -p -m 700 /run/data
  mount -t ext4 -o nosuid,nodev,noatime,discard,errors=remount-ro,noinit_itable "$device" /run/data \
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

# is_blank: no file system was ever finished here. mke2fs writes the first block last.
is_blank() {
  [ "$(dd if="$device" bs=4096 count=1 status=none | tr -d '\0' | wc -c)" = 0 ] && ! has_magic 32768 56
}

# has_begun: the first block is missing, but its copy at the beginning of the second block group is not.
has_begun() {
  ! has_magic 0 1080 && has_magic 32768 56
}

# has_magic BLOCK OFFSET: whether the mark of a superblock is there.
has_magic() {
  [ "$(dd if="$device" bs=4096 skip="$1" count=1 status=none | od -An -tx2 -j "$2" -N 2)" = ' ef53' ]
}

refuse_data() {
  refuse data-unusable "$1: $(grep -v '^$' "$work/data.log" | tail -n 1 | head -c 150)"
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
  tries=0
  # The kernel takes the last of the workload's mounts down a moment after its death.
  while mounted /run/data && ! umount /run/data 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || refuse data-busy 'the data disk stays in use'
    usleep 4000
  done
}
