find_work job "$1"
group=$cgroups/work/$name
mkdir "$work/collecting" 2>/dev/null || refuse busy 'the job is being collected'
thaw() {
  echo 0 >"$group/cgroup.freeze"
  rmdir "$work/collecting"
} 2>/dev/null
trap thaw EXIT
trap 'exit 1' HUP INT TERM PIPE
now() { echo "${EPOCHREALTIME%.*}${EPOCHREALTIME#*.}"; }

start=$(now)
if [ -d "$group" ]; then
  echo 1 >"$group/cgroup.freeze" && wait_frozen "$group" 1
fi
# From here on nothing changes below the folder, hence a name that is a file now still is one when tar opens it.
folder=/run/scratch/$name/folder
[ -d "$folder/checkpoint" ] && [ ! -L "$folder/checkpoint" ] && list_entries "$folder" checkpoint 'checkpoint/.*'
if [ "$(head -n 2 "$work/list" 2>/dev/null | wc -l)" -lt 2 ]; then
  echo none
  exit
fi
to_out_disk "$folder"
trap - EXIT
thaw
echo "frozen_usec $(($(now) - start))"
