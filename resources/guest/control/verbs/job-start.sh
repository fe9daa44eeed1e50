. /control/workload.sh
check_id "$1"
for other in /run/work/*; do
  [ -d "$other" ] && refuse busy 'there is a workload in this machine'
done
tier=job name=job-$1 work=/run/work/job-$1
uid=65534 gid=65534 caps=-all network=none folder=job data=
mkdir "$work" 2>/dev/null || refuse busy 'there is a job in this machine'
trap remove EXIT
echo $$ >"$work/starter"
read_request HOME=/job PATH=/usr/local/bin:/usr/bin:/bin LANG=C.UTF-8 TMPDIR=/tmp
mount_disks
prepare_folder
if [ -b /run/disk/in ] && [ "$input" != 0 ]; then
  blockdev --flushbufs /run/disk/in
  # As the job's user: names in the archive reach no further than the job could reach itself.
  (
    cd "/run/scratch/$name/folder" || exit 1
    umask 022
    dd if=/run/disk/in bs=1M iflag=fullblock,count_bytes ${input:+count=$input} status=none |
      /bin/setpriv --reuid $uid --regid $gid --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs \
        /kit/busybox tar -x -o -f -
  ) 2>>"$work/log" || refuse bad-input "the in disk cannot be unpacked: $(tail -n 1 "$work/log")"
fi
launch || refuse launch-failed "$failure"
trap - EXIT
echo started
