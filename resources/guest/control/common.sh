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

# list_entries FOLDER STARTS WITHOUT: the files and folders from STARTS on, one a line, into $work/list. Links, pipes and
# devices stay out, and names with a line end, and what matches the path pattern WITHOUT. A file with several names
# would become a link in the archive, which the host takes from nobody: refused.
list_entries() {
  line_end='
'
  (
    cd "$1" || exit
    find $2 \( -name "*$line_end*" -o -path "$3" \) -prune -o \( -type f -o -type d \) -print
  ) >"$work/list"
  many=$(cd "$1" && find $2 -path "$3" -prune -o -type f -links +1 -print | head -n 1)
  [ -z "$many" ] || refuse hard-links "a file has several names: $many"
}

# to_out_disk FOLDER: writes a tar of the entries of $work/list to the out disk, prints bytes and sha256.
to_out_disk() {
  [ -b /run/disk/out ] || refuse no-disk 'there is no out disk'
  mkfifo "$work/sum.fifo"
  sha256sum <"$work/sum.fifo" >"$work/sum" &
  summer=$!
  (tar -c -f - -C "$1" --no-recursion -T "$work/list" || : >"$work/tar-failed") 2>>"$work/log" | tee "$work/sum.fifo" |
    dd of=/run/disk/out bs=1M iflag=fullblock oflag=direct conv=fsync 2>"$work/dd" || : >"$work/dd-failed"
  wait $summer
  rm "$work/sum.fifo"
  if [ -e "$work/dd-failed" ]; then
    rm "$work/dd-failed"
    refuse output-too-large 'the files do not fit on the out disk'
  fi
  if [ -e "$work/tar-failed" ]; then
    rm "$work/tar-failed"
    refuse output-unreadable "$(tail -n 1 "$work/log")"
  fi
  while read -r count unit _; do
    [ "$unit" = bytes ] && echo "bytes $count"
  done <"$work/dd"
  read -r sum _ <"$work/sum"
  echo "sha256 $sum"
}
