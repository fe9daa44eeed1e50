while read -r key value; do
  [ "$key" = usage_usec ] && echo "cpu_usec $value"
done <$cgroups/work/cpu.stat
read -r value <$cgroups/work/memory.current
echo "mem_bytes $value"
