/** The script that configures a guest's disk, run on the disk itself by its own shell, with what it needs in /run/build. */

/** Folders of /usr/share that are not unpacked, and what of them is, in dpkg's words. As Debian's small container images have it. */
export const leftOutFolders = ['doc', 'info', 'locale', 'man']
const keptAnyway = ['/usr/share/doc/*/copyright', '/usr/share/locale/locale.alias']

const slim = [
	'# Without manuals, documentation and translations. Remove this file to have those of packages that are installed later.',
	...leftOutFolders.map((name) => `path-exclude=/usr/share/${name}/*`),
	...keptAnyway.map((path) => `path-include=${path}`),
].join('\n')

/**
 * What debootstrap does in its second stage, with one difference: nothing is fetched, and dpkg need not flush each file, since the
 * file system is mounted so that it keeps the order. Each step may be repeated.
 */
export const setupScript = `#!/bin/sh
set -eu
export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C.UTF-8 HOME=/root
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
cd /run/build
log=/var/log/manyhart-build.log
say() { echo "@manyhart $*" >&3; }
failed() { tail -n 1 "$log" > /run/failure; exit 1; }
packages() { dpkg --status-fd 3 --force-unsafe-io --force-confold --force-depends --skip-same-version "$@" >> "$log" 2>&1 < /dev/null || failed; }

umask 022
mkdir -p /etc/dpkg/dpkg.cfg.d /etc/manyhart /var/lib/dpkg/info /var/log
cat > /etc/dpkg/dpkg.cfg.d/manyhart << 'end'
${slim}
end
# No service starts here.
printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d

if [ -e base ]; then
	[ -e /var/lib/dpkg/status ] || : > /var/lib/dpkg/status
	# Until mawk is configured.
	[ -e /usr/bin/awk ] || [ ! -e /usr/bin/mawk ] || ln -s mawk /usr/bin/awk
	say step "installing the essential packages"
	for name in base-passwd base-files; do packages --install "$name"_*.deb; done
	packages --unpack $(cat essential)
	packages --force-configure-any --configure --pending
fi
say step "unpacking the packages"
packages --unpack $(cat packages)
say step "configuring the packages"
packages --configure --pending
dpkg --audit > /run/audit
[ ! -s /run/audit ] || { head -n 1 /run/audit > /run/failure; exit 1; }
say step "finishing"
rm /usr/sbin/policy-rc.d
[ ! -e finish ] || /bin/sh -eu ./finish >> "$log" 2>&1 || failed
rm -rf "$log" /var/cache/apt/*.bin /var/cache/debconf/*-old /var/lib/dpkg/*-old /var/log/dpkg.log /var/log/alternatives.log
`

/** What makes the disk of Debian's packages a machine of its own. In the image's files, by the names they have there. */
export type Finish = Readonly<{
	mirror: string
	suite: string
	/** Text of apt.conf(5). */
	aptSettings: string
	/** The user's public keys, one a line. */
	authorizedKeys: string
	/** The kernel's release, whose modules are in modules.tar. */
	kernelRelease: string
}>

export const finishScript = ({mirror, suite, aptSettings, authorizedKeys, kernelRelease}: Finish): string => `
file() { mkdir -p "$(dirname "$1")"; cat > "$1"; }
echo manyhart > /etc/hostname
file /etc/hosts << 'end'
127.0.0.1 localhost manyhart
::1 localhost ip6-localhost ip6-loopback
end
file /etc/fstab << 'end'
/dev/vda / ext4 noatime 0 1
end
file /etc/apt/sources.list.d/debian.sources << 'end'
Types: deb
URIs: ${mirror}
Suites: ${suite}
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
end
file /etc/apt/apt.conf.d/90manyhart << 'end'
${aptSettings}
end
file /etc/systemd/network/80-manyhart.network << 'end'
[Match]
Kind=!*
Type=ether

[Network]
DHCP=yes
end
file /etc/systemd/system-preset/50-manyhart.preset << 'end'
enable systemd-networkd.service
disable systemd-networkd-wait-online.service
disable systemd-network-generator.service
disable apt-daily.timer
disable apt-daily-upgrade.timer
disable dpkg-db-backup.timer
disable e2scrub_all.timer
disable e2scrub_reap.service
disable fstrim.timer
disable getty@tty1.service
end
# Of a host that is short of cores a minute and a half may be too little to find the console.
file /etc/systemd/system.conf.d/50-manyhart.conf << 'end'
[Manager]
DefaultDeviceTimeoutSec=15min
DefaultTimeoutStartSec=15min
end
for unit in $(sed -n 's/^enable //p' /etc/systemd/system-preset/50-manyhart.preset); do systemctl enable $unit; done
for unit in $(sed -n 's/^disable //p' /etc/systemd/system-preset/50-manyhart.preset); do systemctl disable $unit || :; done
# On the console root needs no password; sshd takes none that is empty.
passwd -d root
mkdir -p -m 700 /root/.ssh
cat > /root/.ssh/authorized_keys << 'end'
${authorizedKeys}
end
chmod 600 /root/.ssh/authorized_keys
tar -xf modules.tar -C /
depmod ${kernelRelease}
systemd-machine-id-setup
# Else each boot on a fresh overlay would be the first one, or one after an update.
touch /etc/.updated /var/.updated
`
