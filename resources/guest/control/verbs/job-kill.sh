find_work job "$1"
if [ ! -f "$work/end" ] && [ -d "$cgroups/work/$name" ]; then
  : >"$work/killed"
  echo 1 >"$cgroups/work/$name/cgroup.kill"
  while [ ! -f "$work/end" ]; do usleep 4000; done
fi
echo killed
