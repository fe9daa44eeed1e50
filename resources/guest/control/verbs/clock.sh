case $1 in
'' | *[!0-9.]* | *.*.* | .*) refuse bad-request 'the time is not a number of seconds' ;;
esac
/bin/date -s "@$1" >/dev/null 2>&1 || refuse clock-refused 'the clock could not be set'
