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
folder=/run/scratch/$name/folder
: >"$work/list"
if [ -d "$folder/checkpoint" ] && [ ! -L "$folder/checkpoint" ]; then
  cd "$folder"
  find checkpoint -mindepth 1 -path 'checkpoint/.*' -prune -o \( -type f -o -type d \) -print0 >"$work/list"
  cd /
fi
if [ ! -s "$work/list" ]; then
  echo none
  exit
fi
write_archive "$folder"
trap - EXIT
thaw
frozen=$(($(now) - start))
tell_archive
echo "frozen_usec $frozen"
