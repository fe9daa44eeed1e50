find_work job "$1"
[ -f "$work/end" ] || refuse not-ended 'the job has not ended'
mkdir "$work/collecting" 2>/dev/null || refuse busy 'the job is being collected'
trap 'umount "$work/view/out" 2>/dev/null; rmdir "$work/collecting"' EXIT
trap 'exit 1' HUP INT TERM PIPE

# One folder with all three: the kept streams are there, the results are bound in.
folder=/run/scratch/$name/folder
mkdir -p "$work/view/out"
if [ -d "$folder/out" ] && [ ! -L "$folder/out" ]; then
  mount -o bind "$folder/out" "$work/view/out" || refuse output-unreadable 'the results cannot be mounted'
fi
cd "$work/view"
find out stdout stderr \( -type f -o -type d \) -print0 >"$work/list"
cd /
write_archive "$work/view"
tell_archive
