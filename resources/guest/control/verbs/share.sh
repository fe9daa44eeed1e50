check_cpu "$1" "$2"
echo "$1 $2" >$cgroups/work/cpu.max 2>/dev/null || refuse bad-request 'the kernel refused this share'
