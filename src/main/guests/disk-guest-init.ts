/** What the initramfs of guests on a disk does: it builds the disk, or uses it. */
import {initPrologue} from './debian-initramfs.ts'
import {leftOutFolders} from './disk-guest-setup.ts'

/** 9P with messages as large as Linux takes. */
const shareOptions = 'trans=virtio,version=9p2000.L,msize=512000'

/** The word of the kernel's command line that has a disk built. */
export const buildWord = 'manyhart.build'

/**
 * Mounts the disk and the shared folders, and goes there. Who brings /manyhart/hook in another archive has it sourced when all
 * is mounted under /root.
 */
export const diskInit = `${initPrologue}case " $(cat /proc/cmdline) " in
*" ${buildWord} "*) . /manyhart/build ;;
esac
root=/dev/vda init=/sbin/init
for word in $(cat /proc/cmdline); do
	case "$word" in
	root=/dev/*) root=\${word#root=} ;;
	init=*) init=\${word#init=} ;;
	esac
done
if ! mount -t ext4 -o noatime "$root" /root; then
	echo "manyhart: no ext4 file system on $root; this is the initial RAM disk. Leave with: poweroff -f"
	setsid cttyhack /bin/sh -l
	poweroff -f
fi
for file in /sys/bus/virtio/devices/*/mount_tag; do
	[ -e "$file" ] || continue
	tag="$(tr -d '\\0' < "$file")"
	case "$tag" in
	*/* | . | ..) continue ;;
	esac
	mkdir -p "/root/mnt/$tag" && mount -t 9p -o ${shareOptions} "$tag" "/root/mnt/$tag"
done
umount /tmp
for each in dev proc sys; do mount --move /$each /root/$each; done
[ -e /manyhart/hook ] && . /manyhart/hook
exec switch_root -c /dev/console /root "$init"
`

/** The tag of the folder that has what a build takes. */
export const buildTag = 'build'
/** What lines for the builder begin with. */
export const buildMark = '@manyhart'

/**
 * Builds a disk of the packages in the shared folder, in steps that may each be repeated: the run may end anywhere. The file
 * system keeps the order of all changes (without delayed allocation, with the journal's commits), so what a run that was killed leaves is
 * the disk as it was some moments before.
 */
export const buildScript = `set -o pipefail
exec 3> /dev/console
say() { echo "${buildMark} $*" >&3; }
end() { say "$@"; sync; poweroff -f; sleep 1000; }
mkdir -p /build /target
mount -t 9p -o ${shareOptions},ro,cache=loose ${buildTag} /build || end failed "the folder of packages cannot be mounted"

unpack() { # FOLDER, and archives from the standard input
	while read -r file; do
		# tar may end before it has read all.
		ar -p "/build/$file" data.tar | { tar -x -C "$1" && cat > /dev/null; } || return 1
		say "$2 $file"
	done
}
mount_target() { mount -t ext4 -o noatime,nodelalloc,data=ordered /dev/vda /target 2> /dev/null; }

if [ -e /build/base ]; then
	say step "making the file system"
	if ! mount_target; then
		# Debian's, since that of busybox makes no ext4.
		mkdir -p /tools/usr/lib /tools/dev
		ln -s usr/lib /tools/lib
		unpack /tools tool < /build/tools && mount --bind /dev /tools/dev || end failed "unpacking $file"
		chroot /tools /usr/sbin/mke2fs -q -t ext4 -L manyhart -E assume_storage_prezeroed=1,nodiscard /dev/vda ||
			end failed "mke2fs"
		mount_target || end failed "mounting the new file system"
	fi
else
	mount_target || end damaged "mounting the file system of the base"
fi
if [ ! -e /target/etc/manyhart/extracted ]; then
	say step "unpacking the essential packages"
	unpack /target extracted < /build/essential || end failed "unpacking $file"
	# dpkg brings back what is to be there of these.
	(cd /target/usr/share && rm -rf ${leftOutFolders.join(' ')})
	mkdir -p /target/etc/manyhart
	sync
	: > /target/etc/manyhart/extracted
fi
if ! cmp -s /build/identity /target/etc/manyhart/identity; then
	mkdir -p /target/run/build
	mount -t tmpfs run /target/run
	mkdir /target/run/build
	mount --bind /build /target/run/build
	for each in dev proc sys; do mount --bind /$each /target/$each; done
	mount -t devpts pts /target/dev/pts
	chroot /target /bin/sh /run/build/setup 3>&3 || end failed "$(cat /target/run/failure)"
	umount /target/dev/pts
	for each in dev proc sys run/build run; do umount /target/$each; done
	cp /build/identity /target/etc/manyhart/identity
fi
say step "checking the file system"
umount /target || end failed "unmounting the disk"
mount -t ext4 -o ro /dev/vda /target && mount --bind /dev /target/dev || end damaged "mounting the disk"
chroot /target e2fsck -fn /dev/vda > /tmp/e2fsck 2>&1 || end damaged "e2fsck: $(tail -n 1 /tmp/e2fsck)"
end done
`
