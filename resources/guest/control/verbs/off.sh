sync
poweroff -f
