find_work agent "$1"
if [ ! -f "$work/end" ] && usage=$(cat "$cgroups/work/$name/cpu.stat" 2>/dev/null); then
  echo running
  echo "$usage" | sed -n 's/^usage_usec/cpu_usec/p'
  exit
fi
# Its group is gone: what is left of it is being written down.
until [ -f "$work/end" ]; do usleep 1000; done
read -r verdict <"$work/end"
read -r cpu_usec _ <"$work/usage"
echo "end $verdict"
echo "cpu_usec $cpu_usec"
# Its last words, as far as they were kept.
for stream in stderr stdout; do
  said=$(tail -n 1 "$work/view/$stream" 2>/dev/null | head -c 150 | base64 -w 0)
  [ -n "$said" ] && echo "said $said" && break
done
exit 0
