#!/bin/sh
# The application of the stand-in project: counts with a generator of numbers until it has used the CPU time that its
# task asks for, and writes how far it came. It needs dash, coreutils and mawk, and speaks with the client as BOINC's own
# library does: messages in `boinc_mmap_file`, eight channels of 1024 bytes whose first byte tells that one is there.
set -u

shared=boinc_mmap_file
pid=$PPID

# The file that a logical name stands for: the client makes links of its own kind, or puts the file itself here.
resolve() {
  line=$(head -c 1024 "$1" 2>/dev/null | head -n 1 | tr -d '\000')
  case $line in
    '<soft_link>'*) line=${line#<soft_link>} && printf '%s' "${line%%</soft_link>*}" ;;
    *) printf '%s' "$1" ;;
  esac
}

# Sets `cpu`: hundredths of a second that this process and its children have used, and those of earlier starts.
hundredths() {
  minutes=${1%%m*} && seconds=${1#*m} && seconds=${seconds%s} && rest=${seconds#*.}
  sum=$((sum + minutes * 6000 + ${seconds%.*} * 100 + 1${rest%"${rest#??}"} - 100))
}
measure() {
  times >times
  sum=0
  while read -r user system; do hundredths "$user" && hundredths "$system"; done <times
  cpu=$((before + sum))
}

seconds() { printf '%d.%02d' $(($1 / 100)) $(($1 % 100)); }

# Tells the client, when it has taken the last message: the text first, then the byte that makes it one.
tell() {
  [ -e "$shared" ] || return 0
  [ "$(od -An -tu1 -j5120 -N1 "$shared" | tr -d ' ')" = 0 ] || return 0
  done_part=$((cpu * 10000 / goal)) && [ "$done_part" -le 10000 ] || done_part=10000
  printf '<current_cpu_time>%s</current_cpu_time>\n<checkpoint_cpu_time>%s</checkpoint_cpu_time>\n<fraction_done>%d.%04d</fraction_done>\n\000' \
    "$(seconds "$cpu")" "$(seconds "$saved")" $((done_part / 10000)) $((done_part % 10000)) |
    dd of="$shared" bs=1 seek=5121 conv=notrunc 2>/dev/null
  printf '\001' | dd of="$shared" bs=1 seek=5120 conv=notrunc 2>/dev/null
}

# Takes what the client asks for, and does it.
obey() {
  kill -0 "$pid" 2>/dev/null || exit 0
  [ -e "$shared" ] || return 0
  while :; do
    # A one, the text, a zero; what follows is left from a longer message.
    asked=$(head -c 64 "$shared" | tr '\000\001' '@#')
    case $asked in
      '#'*) head -c 1 /dev/zero | dd of="$shared" bs=1 conv=notrunc 2>/dev/null ;;
    esac
    case $asked in
      '#<quit/>'*) exit 0 ;;
      '#<abort/>'*) exit 194 ;;
      '#<suspend/>'*) suspended=yes ;;
      '#<resume/>'*) suspended=no ;;
    esac
    [ "$suspended" = yes ] || return 0
    sleep 1
    kill -0 "$pid" 2>/dev/null || exit 0
  done
}

checkpoint() {
  printf '%s %s %s\n' "$count" "$state" "$cpu" >checkpoint.new
  sync checkpoint.new
  mv checkpoint.new checkpoint
  saved=$cpu
}

# Everything else that a task may ask for is in its input file, a word and its value a line, up to `end`.
input=$(resolve in)
output=$(resolve out)
seed=1 goal=100 every=200 fail='' hang='' bytes=0 script='' untold=''
while read -r word value; do
  case $word in
    seed) seed=$value ;;
    cpu) goal=$value ;;
    checkpoint) every=$value ;;
    fail) fail=$value ;;
    hang) hang=$value ;;
    output) bytes=$value ;;
    script) script=$value ;;
    untold) untold=$value ;;
    end) break ;;
  esac
done <"$input"

count=0 state=$seed before=0 suspended=no slice=50000
[ -e checkpoint ] && read -r count state before <checkpoint
saved=$before cpu=$before
echo "$count" >>starts

if [ -n "$script" ]; then
  # The lines after `end` are a program of their own; what it prints is the task's output.
  sed '1,/^end$/d' "$input" >script.sh
  sh ./script.sh >printed 2>&1 || true
  measure
  cat printed >"$output"
  : >boinc_finish_called
  exit 0
fi

# The client puts here what the project tells a task, under its time.
goes_on() {
  [ "$cpu" -lt "$goal" ] || { [ -n "$untold" ] && [ ! -e trickle_down_1 ]; }
}

while goes_on; do
  last=$cpu
  steps='BEGIN { while (n-- > 0) x = (x * 69069 + 1) % 4294967296; printf "%.0f", x }'
  state=$(mawk -v x="$state" -v n="$slice" "$steps") || exit 9
  count=$((count + slice))
  measure
  # Slices of about half a second, so that the client is heard in time and little is spent on anything else.
  if [ $((cpu - last)) -lt 30 ]; then slice=$((slice * 2)); elif [ $((cpu - last)) -gt 90 ]; then slice=$((slice / 2 + 1)); fi
  [ $((cpu - saved)) -lt "$every" ] || checkpoint
  tell
  obey
  if [ -n "$fail" ] && [ "$cpu" -ge 50 ]; then
    echo "The stand-in's task fails as it was asked to." >&2
    exit "$fail"
  fi
  if [ -n "$hang" ] && [ "$cpu" -ge $((goal / 2)) ] && [ ! -e hung ]; then
    [ "$hang" = always ] || : >hung
    checkpoint
    tell
    # Neither computes nor listens, like a task that lost its way.
    exec sleep 1000000
  fi
done

{
  printf 'seed %s\ncount %s\nstate %s\ncpu %s\nstarts' "$seed" "$count" "$state" "$cpu"
  while read -r from; do printf ' %s' "$from"; done <starts
  printf '\nend\n'
  head -c "$bytes" /dev/zero | tr '\000' x
} >result
cat result >"$output"
tell
: >boinc_finish_called
exit 0
