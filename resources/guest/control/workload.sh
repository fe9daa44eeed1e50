# Starting and removing workloads; used by the job, agent and selfcheck verbs.
. /control/data.sh

# read_request VARIABLE…: the lines of standard input up to `end`. $work/args and $work/env get the values, each ended
# by NUL; the given variables come first, so that the request's win. Files stay in $work/request, see data.sh.
read_request() {
  memory= pids= cpu= output=65536 input= arguments=0 variables=0 addresses= private=
  sed '/^end$/q' >"$work/request"
  check_files
  sed '/^file /d' "$work/request" >"$work/lines"
  while read -r key value more; do
    case $key in
    arg | env) is_base64 "$value" || refuse bad-request "an $key is not base64" ;;
    esac
    case $key in
    # AA== is the NUL between two values.
    arg) echo "$value" && echo AA== && arguments=$((arguments + 1)) ;;
    env) echo "$value" >&3 && echo AA== >&3 && variables=$((variables + 1)) ;;
    memory | pids) check_number "$value" "$key" && eval "$key=$value" ;;
    stdout) check_number "$value" stdout && output=$value ;;
    input) check_number "$value" input && input=$value ;;
    cpu)
      [ "$value" = max ] && more=100000
      check_cpu "$value" "$more" && cpu="$value $more"
      ;;
    uid | gid)
      [ "$tier" = agent ] || refuse bad-request "a job has no $key"
      check_number "$value" "$key" && eval "$key=$value"
      ;;
    cap) add_capability "$value" ;;
    address)
      [ "$tier" = agent ] || refuse bad-request 'a job has no addresses'
      is_address "$value" || refuse bad-request 'this address is not given to agents'
      addresses="$addresses $value"
      ;;
    private-tmp)
      [ "$tier" = agent ] || refuse bad-request 'a job has its own /tmp anyway'
      private=yes
      ;;
    data)
      [ "$tier" = agent ] || refuse bad-request 'a job has no data disk'
      data=data
      set -- "$@" HOME=/data
      ;;
    network)
      network=forwards
      gateway=http://127.0.0.1:3128
      set -- "$@" http_proxy=$gateway https_proxy=$gateway HTTP_PROXY=$gateway HTTPS_PROXY=$gateway no_proxy= NO_PROXY=
      ;;
    end) break ;;
    *) refuse bad-request 'there is an unknown line in the request' ;;
    esac
  done <"$work/lines" >"$work/args.base64" 3>"$work/env.base64"
  [ "$key" = end ] || refuse bad-request 'the request has no end'
  [ $arguments -gt 0 ] || refuse bad-request 'the request has no arg'
  [ -n "$memory" ] && [ -n "$pids" ] && [ -n "$cpu" ] || refuse bad-request 'memory, pids or cpu is missing'
  [ $files = 0 ] || [ -n "$data" ] || refuse bad-request 'files need the data disk'
  base64 -d "$work/args.base64" >"$work/args"
  [ $# = 0 ] || printf '%s\0' "$@" >"$work/env"
  [ $variables = 0 ] || base64 -d "$work/env.base64" >>"$work/env"
  # A value that held a NUL itself would count as two.
  while IFS= read -r -d '' _; do arguments=$((arguments - 1)); done <"$work/args"
  while IFS= read -r -d '' pair; do
    variables=$((variables - 1))
    case ${pair%%=*} in
    '' | [0-9]* | *[!A-Za-z0-9_]*) refuse bad-request 'a variable has a bad name' ;;
    esac
    case $pair in *=*) ;; *) refuse bad-request 'a variable has no value' ;; esac
  done <"$work/env"
  [ "$arguments $variables" = "0 -$#" ] || refuse bad-request 'an arg or env is not the base64 of a text'
}

# check_files: the lines `file PATH CONTENT MODE` of the request; sets files to their number.
check_files() {
  grep '^file' "$work/request" >"$work/list"
  files=$(wc -l <"$work/list")
  [ "$files" = 0 ] && return
  [ "$(wc -c <"$work/list")" -le 1048576 ] || refuse bad-request 'the files are too large'
  grep -qvE '^file [A-Za-z0-9+/]+={0,2} [A-Za-z0-9+/]*={0,2} [0-7]{3}$' "$work/list" &&
    refuse bad-request 'a file is not told as it should be'
  cut -d ' ' -f 2 "$work/list" >"$work/paths"
  while read -r path; do
    path=$(echo "$path" | base64 -d)
    case /$path/ in
    *//* | */./* | */../* | *[!A-Za-z0-9._/-]*) refuse bad-request 'a file has a bad path' ;;
    esac
  done <"$work/paths"
}

# is_base64 VALUE: whole groups of four; busybox's decoder itself takes anything.
is_base64() {
  case $1 in *[!A-Za-z0-9+/=]* | *=[!=]*) return 1 ;; esac
  [ $((${#1} % 4)) = 0 ]
}

# add_capability NAME: only those that lead nowhere outside of the agent's own namespaces.
add_capability() {
  [ "$tier" = agent ] || refuse bad-request 'a job has no capabilities'
  case $1 in
  chown | dac_override | fowner | fsetid | kill | setgid | setuid | net_bind_service | sys_chroot | sys_nice)
    caps=$caps,+$1
    ;;
  *) refuse bad-request 'this capability is not given to agents' ;;
  esac
}

# is_address TEXT: four decimal numbers that may be the address of one computer, and not of this one to itself.
is_address() {
  case $1 in '' | *[!0-9.]* | .* | *. | *..*) return 1 ;; esac
  IFS=.
  # shellcheck disable=SC2086
  set -- $1
  unset IFS
  [ $# = 4 ] || return 1
  for part; do
    case $part in 0?* | ????*) return 1 ;; esac
    [ "$part" -le 255 ] || return 1
  done
  [ "$1" != 0 ] && [ "$1" != 127 ] && [ "$1" -lt 224 ]
}

# give_addresses ADDRESS…: to the loopback of the workloads' network, for as long as the machine runs: the host's forwards
# on them outlive an agent. 32 in all.
give_addresses() {
  for address; do
    had=$(/kit/busybox nsenter --net=/run/net /kit/busybox ip -o -4 addr show dev lo)
    case $had in *" $address/32 "*) continue ;; esac
    [ "$(echo "$had" | wc -l)" -le 32 ] || refuse bad-request 'there are too many addresses'
    /kit/busybox nsenter --net=/run/net /kit/busybox ip addr add "$address/32" dev lo ||
      refuse launch-failed "$address cannot be added"
  done
}

# allow_user_namespaces: one for each user of the agent, and none in it, since the kernel counts it for its maker's
# ancestors as well.
allow_user_namespaces() {
  : >"$work/private-tmp"
  echo 1 >/proc/sys/user/max_user_namespaces
}

# mount_disks: the appliance, and the scratch disk formatted anew; does nothing to what is mounted already.
mount_disks() {
  if ! mounted /run/appliance; then
    [ -b /run/disk/root ] || refuse no-disk 'there is no root disk'
    wait_launcher
    mount -t squashfs -o ro,nosuid,nodev /run/disk/root /run/appliance 2>/dev/null ||
      refuse bad-appliance 'the appliance cannot be mounted'
  fi
  if ! mounted /run/scratch; then
    [ -b /run/disk/scratch ] || refuse no-disk 'there is no scratch disk'
    /sbin/mke2fs -q -F -t ext4 -m 0 -O '^has_journal,^resize_inode,^metadata_csum' \
      -E lazy_itable_init=1,nodiscard /run/disk/scratch >"$work/log" 2>&1 || refuse bad-scratch 'the scratch disk cannot be formatted'
    mount -t ext4 -o nosuid,nodev,noatime,noinit_itable,barrier=0 /run/disk/scratch /run/scratch 2>/dev/null ||
      refuse bad-scratch 'the scratch disk cannot be mounted'
    chmod 700 /run/scratch
  fi
}

# wait_launcher: until the modules are loaded and the launcher listens; it is quick, and it comes with the boot.
wait_launcher() {
  while [ ! -p /run/launch ]; do usleep 10000; done
}

# prepare_folder: what the job sees as /job, and the file bound in as /job/progress.
prepare_folder() {
  disk=/run/scratch/$name
  mkdir "$disk"
  mkdir "$disk/folder" "$disk/folder/in" "$disk/folder/out" "$disk/folder/checkpoint"
  : >"$disk/progress"
  : >"$disk/folder/progress"
  chmod 755 "$disk/folder" "$disk"/folder/*/
  chown $uid:$gid "$disk/progress" "$disk/folder" "$disk"/folder/*
}

# launch: hands $name to the launcher; returns 0 when it runs, else sets failure.
launch() {
  {
    echo "uid=$uid gid=$gid caps=$caps network=$network folder=$folder data=$data private=$private"
    echo "memory=$memory pids=$pids output=$output cpu='$cpu'"
  } >"$work/spec"
  mkdir -m 755 "/run/scratch/$name/upper"
  mkdir "$work/watch" "/run/scratch/$name/overlay"
  mkfifo "$work/reply"
  wait_launcher
  # Held open from before: what is written to a FIFO that nobody has open is lost.
  exec 6<>"$work/reply"
  echo "$name" 1<>/run/launch
  read -r answer failure <&6
  [ "$answer" = started ]
}

# remove: ends a workload whatever its state, forgets it; frees the disk when it was the last.
remove() {
  if [ -d "$cgroups/work/$name" ]; then
    : >"$work/killed"
    echo 1 >"$cgroups/work/$name/cgroup.kill"
    while [ -d "$cgroups/work/$name" ]; do usleep 4000; done
  fi
  umount "$work/view/out" 2>/dev/null # a collection that was cut off
  [ -e "$work/data" ] && release_data
  # What ran it goes on for a moment after the group's end, and writes down how it ended: a file that comes while the
  # folder is being emptied keeps the folder, and with it the place of the next workload.
  tries=0
  while ! rm -rf "$work" 2>/dev/null && [ $tries -lt 1000 ]; do
    tries=$((tries + 1))
    usleep 4000
  done
  set -- /run/work/*/private-tmp
  [ -e "$1" ] || echo 0 >/proc/sys/user/max_user_namespaces
  for other in /run/work/*; do
    [ -d "$other" ] && rm -rf "/run/scratch/$name" && return
  done
  unmount scratch
  blkdiscard /run/disk/scratch 2>/dev/null
  return 0
}

# unmount DISK: from /run/DISK, and waits until the kernel has let go of it: it takes the last of a workload's mounts
# down a moment after the workload's death. As long as it is held, nobody can mount it as anything else either.
unmount() {
  tries=0
  while mounted "/run/$1" && ! umount "/run/$1" 2>/dev/null || is_held "$1"; do
    tries=$((tries + 1))
    [ $tries -lt 1000 ] || refuse "$1-busy" "the $1 disk stays in use"
    usleep 4000
  done
}

is_held() {
  case $(mount -t squashfs -o ro "/run/disk/$1" "/run/$1" 2>&1) in *busy*) return 0 ;; esac
  return 1
}
