. /control/workload.sh
find_work agent "$1"
grace=${2:-5}
check_number "$grace" 'the grace'
if [ ! -f "$work/end" ]; then
  tick=$work/watch/$$
  mkfifo "$tick"
  exec 7<>"$tick"
  read -r main <"$work/main" && kill -s TERM "$main"
  [ -f "$work/end" ] || read -r -t "$grace" _ <&7
fi
remove
echo stopped
