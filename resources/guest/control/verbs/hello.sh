read -r uptime _ </proc/uptime
echo 'protocol 1'
echo "kernel $(uname -r)"
echo "uptime $uptime"
