. /control/workload.sh
check_id "$1"
for other in /run/work/job-*; do
  [ -d "$other" ] && refuse busy 'there is a job in this machine'
done
tier=agent name=agent-$1 work=/run/work/agent-$1
uid=65534 gid=65534 caps=-all network=forwards folder= data=
mkdir "$work" 2>/dev/null || refuse busy 'this agent is running'
trap remove EXIT
read_request HOME=/ PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8
# shellcheck disable=SC2086
give_addresses $addresses
mount_disks
if [ -n "$data" ]; then
  mount_data
  write_files
fi
mkdir "/run/scratch/$name"
[ -z "$private" ] || allow_user_namespaces
launch || refuse launch-failed "$failure"
trap - EXIT
echo started
