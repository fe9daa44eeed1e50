. /control/workload.sh
find_work job "$1"
remove
echo cleaned
