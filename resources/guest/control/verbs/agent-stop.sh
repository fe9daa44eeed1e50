. /control/workload.sh
find_work agent "$1"
grace=${2:-5}
check_number "$grace" 'the grace'
if [ ! -f "$work/end" ]; then
  read -r main <"$work/main" && kill -s TERM "$main"
  tick=$work/watch/$$
  mkfifo "$tick" && [ ! -f "$work/end" ] && read -r -t "$grace" _ <>"$tick"
fi
remove
echo stopped
