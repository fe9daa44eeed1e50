find_work agent "$1"
if [ -f "$work/end" ]; then
  read -r verdict <"$work/end"
  echo "end $verdict"
else
  echo running
fi
while read -r key value; do
  [ "$key" = usage_usec ] && echo "cpu_usec $value"
done <"$cgroups/work/$name/cpu.stat" 2>/dev/null
