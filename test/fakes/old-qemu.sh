#!/bin/sh
# A QEMU of long ago, as far as anybody asks it.
echo 'QEMU emulator version 5.0.1 (Debian 1:5.0-14)'
