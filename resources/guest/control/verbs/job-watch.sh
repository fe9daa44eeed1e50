check_id "$1"
work=/run/work/job-$1
# The machine may have been saved in the middle of the job's start, which goes on after its session's end.
while [ -d "$work" ] && [ ! -d "$work/watch" ]; do
  read -r starter <"$work/starter"
  [ -d "/proc/$starter" ] || break
  usleep 50000
done 2>/dev/null
find_work job "$1"
tick=$work/watch/$$
mkfifo "$tick" 2>/dev/null
trap 'rm -f "$tick"' EXIT
exec 7<>"$tick"
read -r session </run/session
group=$cgroups/work/$name
seen= text= used=

report() {
  # A file of the control plane, bound into the workload's folder: there is nothing here to be led astray by.
  line=
  IFS= read -r -n 256 line <"/run/scratch/$name/progress"
  fraction=${line%% *}
  case $fraction in
  0 | 1 | 0.[0-9]* | 1.0*) ;;
  *) line=$seen ;;
  esac
  case ${fraction#?.} in *[!0-9]*) line=$seen ;; esac
  case $fraction in 1.*[!0]*) line=$seen ;; esac
  [ ${#fraction} -le 20 ] || line=$seen
  if [ "$line" != "$seen" ]; then
    seen=$line
    text=${line#"$fraction"}
    echo "progress $fraction $(echo -n "${text# }" | head -c 200 | base64 -w 0)"
  fi
  now=
  if [ -f "$work/usage" ]; then
    read -r now <"$work/usage"
  else
    while read -r key value; do
      [ "$key" = usage_usec ] && now=$value
    done <"$group/cpu.stat"
    read -r value <"$group/memory.peak"
    now="$now $value"
  fi 2>/dev/null
  if [ -n "$now" ] && [ "$now" != "$used" ]; then
    used=$now
    echo "usage $now"
  fi
}

while [ ! -f "$work/end" ]; do
  report
  read -r -t 1 _ <&7
  # The host has connected anew: it will ask again, and nobody listens to this one.
  read -r current </run/session
  [ "$current" = "$session" ] || exit 0
  [ -d "$work" ] || refuse unknown-job 'the job was removed'
done
report
for stream in stdout stderr; do
  [ -f "$work/$stream.truncated" ] && echo "truncated $stream"
done
read -r verdict <"$work/end"
echo "end $verdict"
