#!/bin/bash
# Makes an image for an SD card (armhf: BeagleBone Black and its kin), or a root file system as a tarball for machines whose
# boot loader comes from elsewhere (amd64, arm64), with Debian 13, the agent and little that writes. Not tried on a board yet.
#   sudo deploy/board/image.sh out/hedgerow_VERSION_armhf.deb bone.img [KEYS]
#   sudo deploy/board/image.sh out/hedgerow_VERSION_arm64.deb board.tar.zst [KEYS]
# KEYS: authorized_keys of the user "hedge", who may sudo; there is no password. Needs debootstrap, e2fsprogs, fdisk, zstd
# and, for boards, qemu-user-static with binfmt (npm run build:board -- --table registers it where Debian did not).
# The network is DHCP on any Ethernet; the name is hedgerow-XXXX after the machine's id, given at the first boot.
set -euo pipefail

package=${1:?which package} output=${2:?which file} keys=${3:-}
readonly SUITE=trixie MIRROR=${HEDGEROW_DEBIAN_MIRROR:-http://deb.debian.org/debian}
architecture=$(dpkg-deb --field "$package" Architecture)
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$(dirname "$0")" log -1 --format=%ct)}
work=$(mktemp --directory)
root=$work/root
trap 'rm --recursive --force --one-file-system "$work"' EXIT

packages=(systemd-sysv systemd-resolved systemd-timesyncd udev dbus openssh-server sudo ca-certificates
  adduser nodejs libzmq5 iproute2 nano cloud-guest-utils e2fsprogs zstd kmod util-linux-extra gpiod)
case $architecture in
armhf) packages+=(linux-image-armmp u-boot-omap initramfs-tools) ;;
arm64) packages+=(linux-image-arm64 initramfs-tools) ;;
amd64) packages+=(linux-image-amd64 initramfs-tools) ;;
esac

debootstrap --arch="$architecture" --foreign --variant=minbase \
  --include="$(IFS=,; echo "${packages[*]}")" "$SUITE" "$root" "$MIRROR"
# What it mounts is gone with it.
unshare --mount chroot "$root" /debootstrap/debootstrap --second-stage
install -m 644 "$package" "$root/tmp/hedgerow.deb"
chroot "$root" dpkg --install /tmp/hedgerow.deb
rm "$root/tmp/hedgerow.deb"

# Little that writes: no times of access, journal and temporary files in memory, metadata once a minute.
cat >"$root/etc/fstab" <<'END'
LABEL=hedgerow / ext4 noatime,commit=60,errors=remount-ro 0 1
tmpfs /tmp tmpfs nosuid,nodev,size=64m 0 0
END
install -d "$root/etc/systemd/journald.conf.d"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$root/etc/systemd/journald.conf.d/hedgerow.conf"
# A processor that hangs starts anew. Source: systemd-system.conf(5), RuntimeWatchdogSec.
install -d "$root/etc/systemd/system.conf.d"
printf '[Manager]\nRuntimeWatchdogSec=30\n' >"$root/etc/systemd/system.conf.d/hedgerow.conf"
printf '[Match]\nType=ether\n\n[Network]\nDHCP=yes\nMulticastDNS=yes\n' >"$root/etc/systemd/network/80-ether.network"
printf 'deb %s %s main\n' "$MIRROR" "$SUITE" >"$root/etc/apt/sources.list"
chroot "$root" systemctl enable --quiet systemd-networkd systemd-resolved systemd-timesyncd ssh
chroot "$root" adduser --quiet --disabled-password --gecos "" hedge
chroot "$root" adduser --quiet hedge sudo
echo 'hedge ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/hedge"
if [[ -n $keys ]]; then
  home=$(chroot "$root" sh -c 'echo ~hedge')
  install -d -m 700 "$root$home/.ssh"
  install -m 600 "$keys" "$root$home/.ssh/authorized_keys"
  chroot "$root" chown --recursive hedge:hedge "$home/.ssh"
fi

# What has to differ from board to board is made at the first boot: the machine's id (systemd), keys of SSH, the name.
rm --force "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
cat >"$root/usr/local/sbin/hedgerow-first-boot" <<'END'
#!/bin/sh
set -e
ssh-keygen -A
name=hedgerow-$(cut -c 1-4 /etc/machine-id)
hostnamectl hostname "$name"
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >/etc/hosts
disk=$(findmnt --noheadings --output SOURCE /)
case $disk in /dev/mmcblk*p1) growpart "${disk%p1}" 1 || true; resize2fs "$disk" ;; esac
systemctl disable hedgerow-first-boot.service
END
chmod 755 "$root/usr/local/sbin/hedgerow-first-boot"
cat >"$root/etc/systemd/system/hedgerow-first-boot.service" <<'END'
[Unit]
Description=What makes this board itself
Before=ssh.service hedgerow.service
After=systemd-machine-id-commit.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/hedgerow-first-boot

[Install]
WantedBy=multi-user.target
END
chroot "$root" systemctl enable --quiet hedgerow-first-boot.service
rm --recursive --force "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

if [[ $architecture != armhf ]]; then
  tar --create --sort=name --numeric-owner --mtime="@$SOURCE_DATE_EPOCH" --directory="$root" . | zstd --quiet -o "$output"
  exit
fi

# BeagleBone: the boot loader lies before the first partition, which therefore begins at 4 MiB.
# Source: Debian, u-boot-omap, README.Debian; offsets of the boot ROM: AM335x Technical Reference Manual, 26.1.8.5.
kernel=$(cd "$root/boot" && ls vmlinuz-* | sort --version-sort | tail --lines=1)
version=${kernel#vmlinuz-}
install -d "$root/boot/extlinux"
cat >"$root/boot/extlinux/extlinux.conf" <<END
default hedgerow
timeout 10
label hedgerow
  linux /boot/$kernel
  initrd /boot/initrd.img-$version
  fdtdir /usr/lib/linux-image-$version/
  append root=LABEL=hedgerow rootwait console=ttyS0,115200n8 quiet
END
truncate --size=2G "$output"
sfdisk --quiet "$output" <<<'start=8192, type=83, bootable'
mkfs.ext4 -q -L hedgerow -E "offset=$((8192 * 512)),lazy_itable_init=0,lazy_journal_init=0" -d "$root" \
  "$output" $(((2 * 1024 * 1024 - 4096)))k
loader=$root/usr/lib/u-boot/am335x_evm
dd if="$loader/MLO" of="$output" seek=256 conv=notrunc status=none
dd if="$loader/u-boot.img" of="$output" seek=768 conv=notrunc status=none
