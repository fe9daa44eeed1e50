# Runs a probe through the launch chain of a job and looks at it from outside. Each check prints `ok NAME` or
# `bad NAME detail`; two leaks that went unnoticed once are among them: the old root, and an inherited socket.
. /control/workload.sh
for other in /run/work/*; do
  [ -d "$other" ] && refuse busy 'there is a workload in this machine'
done
tier=job name=job-selfcheck work=/run/work/job-selfcheck
uid=65534 gid=65534 caps=-all network=none folder=job data=
mkdir "$work" 2>/dev/null || refuse busy 'there is a job in this machine'
trap remove EXIT
read_request PATH=/usr/bin:/bin <<REQUEST
arg $(echo -n /bin/sh | base64)
arg $(echo -n -c | base64)
arg $(echo -n 'kill -s STOP $$' | base64)
memory 67108864
pids 16
cpu 50000 100000
end
REQUEST
mount_disks
prepare_folder
launch || refuse launch-failed "$failure"
group=$cgroups/work/$name
read -r main <"$work/main" || refuse launch-failed 'the probe is gone'
bad=0
probe=/proc/$main

# check NAME ACTUAL EXPECTED
check() {
  if [ "$2" = "$3" ]; then
    echo "ok $1"
  else
    echo "bad $1 $(echo -n "$2" | tr '\n\t' '  ' | head -c 200)"
    bad=1
  fi
}

status=
while read -r key value; do
  case $key in
  Uid: | Gid: | Groups: | Cap*: | NoNewPrivs:) status="$status $key$(echo "$value" | tr '\t' ,)" ;;
  esac
done <$probe/status
none=0000000000000000
check privileges "$status" " Uid:65534,65534,65534,65534 Gid:65534,65534,65534,65534 Groups:\
 CapInh:$none CapPrm:$none CapEff:$none CapBnd:$none CapAmb:$none NoNewPrivs:1"

for kind in pid mnt net ipc uts cgroup; do
  shared=
  own=$(readlink $probe/ns/$kind)
  [ "$own" = "$(readlink /proc/self/ns/$kind)" ] && shared=shared
  [ "$own" = "$(readlink /proc/1/ns/$kind)" ] && shared=shared
  [ -e $probe/ns/$kind ] || shared=unreadable
  check "namespace-$kind" "$shared" ''
done

points=
while read -r _ _ _ _ point _; do points="$points $point"; done <$probe/mountinfo
check mounts "$points" ' / /job /job/progress /proc /dev /dev/shm /dev/pts'
visible=
for path in /control /kit /run/ssh /run/work /run/disk /sys/block /.old /.kit; do
  [ -e "$probe/root$path" ] && visible="$visible $path"
done
check old-root "$visible" ''
check root-device "$([ "$(stat -L -c %d $probe/root)" = "$(stat -c %d /)" ] && echo ours)" ''
hidden=
while read -r line; do
  case $line in *' /proc '*' proc proc '*hidepid=invisible*) hidden=yes ;; esac
done <$probe/mountinfo
check hidepid "$hidden" yes

# The probe holds its three streams; no process of the group holds a socket, the port, a disk or a folder of ours.
check descriptors "$(cd $probe/fd && echo *)" '0 1 2'
leaks=
while read -r pid; do
  for descriptor in "/proc/$pid/fd/"*; do
    target=$(readlink "$descriptor")
    case $target in
    /dev/null | /run/work/"$name"/* | /work/"$name"/* | /null | pipe:* | 'anon_inode:[pidfd]') ;;
    *) [ "$descriptor" -ef /kit ] || leaks="$leaks $target" ;;
    esac
  done
done <"$group/cgroup.procs"
check transport "$leaks" ''

interfaces=
while read -r device _; do
  case $device in *:) interfaces="$interfaces ${device%:}" ;; esac
done <$probe/net/dev
check interfaces "$interfaces" ' lo'
check loopback-down "$(nsenter -t "$main" -n ip link show up)" ''
check devices "$(find $probe/root/dev -type b)$(find $probe/root/dev -type c -name 'v*')" ''

read -r limits <"$group/memory.max"
read -r value <"$group/pids.max"
limits="$limits $value"
read -r value <"$group/cpu.max"
limits="$limits $value"
read -r value <"$group/memory.oom.group"
check limits "$limits $value" '67108864 16 50000 100000 1'
read -r value </proc/sys/kernel/modules_disabled
check modules-disabled "$value" 1
read -r value </proc/sys/user/max_user_namespaces
check user-namespaces "$value" 0
exit $bad
