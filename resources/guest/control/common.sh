# Shared by the verbs of ctl.
cgroups=/sys/fs/cgroup

# refuse CODE SENTENCE: the one line of a failure, and the end.
refuse() {
  echo "$1: $2" >&2
  exit 1
}

# check_id ID: ends with bad-id unless it is one to sixty-four of a-z, 0-9 and the hyphen.
check_id() {
  case $1 in
  '' | *[!a-z0-9-]*) refuse bad-id 'an id is made of a-z, 0-9 and the hyphen' ;;
  esac
  [ ${#1} -le 64 ] || refuse bad-id 'an id has 64 characters at most'
}

# check_number VALUE WHAT: ends with bad-request unless the value is a decimal number of at most 15 digits.
check_number() {
  case $1 in
  '' | *[!0-9]*) refuse bad-request "$2 is not a number" ;;
  esac
  [ ${#1} -le 15 ] || refuse bad-request "$2 is too large"
}

# check_cpu QUOTA PERIOD: a cpu.max pair in microseconds, the quota possibly `max`.
check_cpu() {
  [ "$1" = max ] || check_number "$1" 'the quota'
  check_number "$2" 'the period'
}

# find_work TIER ID: sets name and work, ends with unknown-TIER when there is no such workload.
find_work() {
  check_id "$2"
  name=$1-$2
  work=/run/work/$name
  [ -f "$work/spec" ] || refuse "unknown-$1" "there is no $1 $2 here"
}

# wait_frozen GROUP: until the kernel says that the whole group is frozen, or the group is gone.
wait_frozen() {
  while [ -d "$1" ]; do
    while read -r key value; do
      [ "$key" = frozen ] && [ "$value" = 1 ] && return
    done <"$1/cgroup.events"
    usleep 1000
  done 2>/dev/null
}

# mounted FOLDER
mounted() {
  while read -r _ point _; do
    [ "$point" = "$1" ] && return
  done </proc/mounts
  return 1
}

# write_archive FOLDER: a tar of the entries of $work/list (each ended by NUL) on the out disk. Called only when
# nothing changes below the folder: what find saw as a file is one when tar opens it.
write_archive() {
  [ -b /run/disk/out ] || refuse no-disk 'there is no out disk'
  if ! /bin/tar -c -f /run/disk/out -b 128 -C "$1" --format=gnu --hard-dereference --no-recursion --totals \
    --null -T "$work/list" 2>"$work/tar"; then
    grep -q 'No space left' "$work/tar" && refuse output-too-large 'the files do not fit on the out disk'
    refuse output-unreadable "$(head -n 1 "$work/tar")"
  fi
  # Writes what is cached and drops it: what is read from here on is what the host sees.
  blockdev --flushbufs /run/disk/out
}

# tell_archive: prints bytes and sha256 of the archive as it lies on the out disk.
tell_archive() {
  bytes=$(sed -n 's/^Total bytes written: \([0-9]*\).*/\1/p' "$work/tar")
  dd if=/run/disk/out bs=1M count="$bytes" iflag=fullblock,count_bytes status=none | sha256sum >"$work/sum"
  read -r sum _ <"$work/sum"
  echo "bytes $bytes"
  echo "sha256 $sum"
}
